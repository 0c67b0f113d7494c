# What tools complain of, in our own words: theirs may quote whatever they were told.
# shellcheck shell=sh disable=SC2034

# own_words TEXT: ERR, a line for each line of TEXT: the kind of trouble that it tells of.
own_words() {
    ERR=
    set -f
    IFS=$NL
    for LINE in $1; do
        IFS=$FIELDS
        SAID=
        # curl says its status in every line.
        case $LINE in
        'curl: ('[0-9]') '* | 'curl: ('[0-9][0-9]') '*) SAID="${LINE%%")"*}) " ;;
        esac
        own_word
        ERR=$ERR$SAID$NL
        IFS=$NL
    done
    IFS=$FIELDS
    set +f
    ERR=${ERR%"$NL"}
}

# own_word: adds to SAID what kind of trouble LINE tells of.
own_word() {
    case $LINE in
    *[Nn]o\ such\ host* | *'Could not resolve host'* | *'ame or service not known'*) SAID="${SAID}no such host" ;;
    *[Nn]o\ such\ file\ or\ directory*) SAID="${SAID}no such file or directory" ;;
    *[Nn]o\ such\ *) no_such "${LINE#*o such }" ;;
    *' alert '*) alert_word "${LINE##*' alert '}" ;;
    *ersion\ [0-9]*too\ old* | *ersion\ [0-9]*too\ new* | *ersion\ [0-9]*not\ supported\ by\ this\ client*) version_words ;;
    *[Pp]ermission\ denied*) SAID="${SAID}permission denied" ;;
    *ot\ permitted*) SAID="${SAID}operation not permitted" ;;
    *ust\ be\ root*) SAID="${SAID}must be root" ;;
    *annot\ open\ netlink*) SAID="${SAID}cannot open netlink audit socket" ;;
    *onnection\ refused* | *"ailed to connect"* | *"Couldn't connect"*) SAID="${SAID}connection refused" ;;
    *onnection\ reset* | *eset\ by\ peer*) SAID="${SAID}connection reset by peer" ;;
    *annot\ connect\ to\ the\ Docker\ daemon* | *aemon\ is\ not\ running* | *the\ docker\ daemon\ running*)
        SAID="${SAID}Cannot connect to the Docker daemon. Is the docker daemon running?"
        ;;
    *deadline\ exceeded* | *[Tt]imed\ out* | *[Tt]imeout*) SAID="${SAID}timed out" ;;
    *nreachable* | *o\ route\ to\ host*) SAID="${SAID}network is unreachable" ;;
    *not\ a\ swarm\ manager*) SAID="${SAID}this node is not a swarm manager" ;;
    *HTTP\ response\ to\ HTTPS*) SAID="${SAID}server gave HTTP response to HTTPS client" ;;
    *ertificate*) SAID="${SAID}the certificate was refused" ;;
    *ot\ supported*) SAID="${SAID}not supported" ;;
    *is\ not\ a\ docker\ command* | *nknown\ command*) SAID="${SAID}unknown command" ;;
    *nknown*\ flag*) SAID="${SAID}unknown flag" ;;
    *equires\ API\ version*) SAID="${SAID}it requires a later API version" ;;
    *emplate*) SAID="${SAID}the template could not be read" ;;
    *[Dd]isabled*) SAID="${SAID}disabled" ;;
    *) SAID="${SAID}other words, which are not carried" ;;
    esac
}

# no_such WORDS: what is no longer there.
no_such() {
    for KIND in container image object volume network service node secret config 'exec instance' plugin; do
        case $1 in
        "$KIND"[!a-z]* | "$KIND") break ;;
        [A-Z]"${KIND#?}"[!a-z]*) break ;;
        esac
        KIND=object
    done
    SAID="${SAID}Error: No such $KIND"
}

# alert_word WORDS: an alert of TLS, as OpenSSL calls it.
alert_word() {
    for ALERT in 'bad certificate' 'unknown ca' 'certificate required' 'certificate expired' 'certificate revoked' \
        'certificate unknown' 'unsupported certificate' 'access denied' 'handshake failure' 'decrypt error' \
        'protocol version' 'insufficient security' 'internal error' 'unrecognized name' 'no application protocol' \
        'illegal parameter' 'decode error' 'unexpected message' 'missing extension' 'unknown psk identity'; do
        case $1 in
        "$ALERT"*)
            SAID="${SAID}alert $ALERT"
            return
            ;;
        esac
    done
    case $1 in
    number\ [0-9]*)
        ALERT=${1#number }
        ALERT=${ALERT%%[!0-9]*}
        [ ${#ALERT} -gt 3 ] || SAID="${SAID}alert number $ALERT"
        ;;
    *) SAID="${SAID}other words, which are not carried" ;;
    esac
}

# version_words: that a client and its engine have no version of the API in common.
version_words() {
    ALERT=${LINE##*ersion is }
    ALERT=${ALERT%%[!0-9.]*}
    REST=${LINE#*ersion }
    REST=${REST%%[!0-9.]*}
    case ${#ALERT}:${#REST} in
    [1-8]:[1-8]) ;;
    *)
        SAID="${SAID}the versions of client and engine do not fit"
        return
        ;;
    esac
    case $LINE in
    *too\ old*) SAID="${SAID}client version $REST is too old. Minimum supported API version is $ALERT" ;;
    *too\ new*) SAID="${SAID}client version $REST is too new. Maximum supported API version is $ALERT" ;;
    *) SAID="${SAID}API version $REST is not supported by this client: the minimum supported API version is $ALERT" ;;
    esac
}
