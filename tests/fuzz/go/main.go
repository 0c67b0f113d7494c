// Command oracle answers what Go's own crypto/x509, crypto/tls and encoding/pem make of the cases on its
// standard input: one JSON object a line in, one JSON object a line out. It uses the standard library alone.
//
// It does what crypto/tls does with a server's certificates (verifyServerCertificate), without a handshake, and
// builds with every Go since 1.15.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

type testCase struct {
	Kind   string   `json:"kind"`
	Served [][]byte `json:"served"`
	System []byte   `json:"system"`
	Files  [][]byte `json:"files"`
	Host   string   `json:"host"`
	Now    string   `json:"now"`
	Cert   []byte   `json:"cert"`
	Key    []byte   `json:"key"`
}

type answer struct {
	Class   string     `json:"class"`
	Message string     `json:"message"`
	Chains  [][]string `json:"chains"`
	Found   []bool     `json:"found"`
	Blocks  []string   `json:"blocks"`
}

// maxRSABits is where crypto/tls refuses a served key; it came with Go 1.19.12 and 1.20.7.
func maxRSABits() int {
	var minor, patch int
	fmt.Sscanf(runtime.Version(), "go1.%d.%d", &minor, &patch)
	if minor < 19 || minor == 19 && patch < 12 || minor == 20 && patch < 7 {
		return 1 << 31
	}
	return 8192
}

func sum(der []byte) string {
	digest := sha256.Sum256(der)
	return hex.EncodeToString(digest[:6])
}

func classOfHostname(text string) string {
	switch {
	case strings.Contains(text, "legacy Common Name"):
		return "cn-only"
	case strings.Contains(text, "doesn't contain any IP SANs"):
		return "no-ip-san"
	case strings.Contains(text, "is not valid for any names"):
		return "no-names"
	}
	return "name-mismatch"
}

func classOf(err error) string {
	var hostname x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var critical x509.UnhandledCriticalExtension
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &hostname):
		return classOfHostname(err.Error())
	case errors.As(err, &unknown):
		return "unknown-authority"
	case errors.As(err, &critical):
		return "critical-ext"
	case errors.As(err, &invalid):
		switch invalid.Reason {
		case x509.Expired:
			return "expired"
		case x509.CANotAuthorizedForThisName:
			return "name-constraint"
		case x509.TooManyIntermediates:
			return "path-length"
		case x509.IncompatibleUsage:
			return "eku"
		}
		if strings.Contains(invalid.Detail, "incompatible key usage") {
			return "eku"
		}
	}
	return "other"
}

func other(format string, args ...interface{}) answer {
	return answer{Class: "other", Message: fmt.Sprintf(format, args...)}
}

func judgeChain(c testCase, out *answer) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.System)
	for _, file := range c.Files {
		out.Found = append(out.Found, roots.AppendCertsFromPEM(file))
	}
	fail := func(a answer) { out.Class, out.Message = a.Class, a.Message }
	var certs []*x509.Certificate
	for _, der := range c.Served {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			fail(other("tls: failed to parse certificate from server: %s", err))
			return
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits() {
			fail(other("tls: server sent certificate containing RSA key larger than %d bits", maxRSABits()))
			return
		}
		certs = append(certs, cert)
	}
	now, err := time.Parse(time.RFC3339, c.Now)
	if err != nil {
		panic(err)
	}
	options := x509.VerifyOptions{
		Roots:         roots,
		CurrentTime:   now,
		DNSName:       c.Host,
		Intermediates: x509.NewCertPool(),
	}
	for _, cert := range certs[1:] {
		options.Intermediates.AddCert(cert)
	}
	chains, err := certs[0].Verify(options)
	if err != nil {
		// The words before it are those of Go 1.20 and later; how older ones say it is no matter of the chain.
		fail(answer{Class: classOf(err), Message: "tls: failed to verify certificate: " + err.Error()})
		return
	}
	switch key := certs[0].PublicKey.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		// Go 1.27 knows one type more, which older releases cannot name.
		if fmt.Sprintf("%T", key) != "*mldsa.PublicKey" {
			fail(other("tls: server's certificate contains an unsupported type of public key: %T", key))
			return
		}
	}
	out.Class = "ok"
	for _, chain := range chains {
		var names []string
		for _, cert := range chain {
			names = append(names, sum(cert.Raw))
		}
		out.Chains = append(out.Chains, names)
	}
}

func judgePair(c testCase, out *answer) {
	pair, err := tls.X509KeyPair(c.Cert, c.Key)
	if err == nil {
		out.Class = "ok"
		var names []string
		for _, der := range pair.Certificate {
			names = append(names, sum(der))
		}
		out.Chains = [][]string{names}
		return
	}
	out.Message = err.Error()
	switch text := out.Message; {
	case strings.Contains(text, "does not match public key"):
		out.Class = "keypair-mismatch"
	case strings.HasPrefix(text, "tls: failed to find"), strings.HasPrefix(text, "tls: found a certificate"):
		out.Class = "keypair-pem"
	case strings.HasPrefix(text, "x509:"), strings.HasPrefix(text, "asn1:"), strings.HasPrefix(text, "mldsa:"), strings.HasPrefix(text, "parsing time"), strings.HasPrefix(text, "ecdsa:"), strings.Contains(text, "private key"),
		strings.Contains(text, " point "), strings.Contains(text, "lement encoding"):
		out.Class = "keypair-parse"
	default:
		out.Class = "other"
	}
}

func listBlocks(c testCase, out *answer) {
	for _, file := range c.Files {
		for rest := file; ; {
			var block *pem.Block
			block, rest = pem.Decode(rest)
			if block == nil {
				break
			}
			line := fmt.Sprintf("%x %d %s", block.Type, len(block.Headers), sum(block.Bytes))
			out.Blocks = append(out.Blocks, line)
		}
	}
}

func judge(c testCase) (out answer) {
	defer func() {
		if fault := recover(); fault != nil {
			out.Class, out.Message = "other", fmt.Sprintf("panic: %v", fault)
		}
	}()
	switch c.Kind {
	case "pair":
		judgePair(c, &out)
	default:
		listBlocks(c, &out)
		judgeChain(c, &out)
	}
	return out
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var c testCase
		if err := json.Unmarshal(line, &c); err != nil {
			panic(err)
		}
		text, err := json.Marshal(judge(c))
		if err != nil {
			panic(err)
		}
		out.Write(append(text, '\n'))
		out.Flush()
	}
}
