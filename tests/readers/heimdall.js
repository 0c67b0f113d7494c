// Reads results as Heimdall does and prints, a file a line, how many controls have which status, or why it is none.
const fs = require("fs");
const { contextualizeEvaluation, convertFile } = require("inspecjs");

for (const file of process.argv.slice(2)) {
  const read = convertFile(fs.readFileSync(file, "utf8"), true);
  const counts = {};
  if (read["1_0_ExecJson"]) {
    for (const profile of contextualizeEvaluation(read["1_0_ExecJson"]).contains) {
      for (const control of profile.contains) {
        counts[control.hdf.status] = (counts[control.hdf.status] || 0) + 1;
      }
    }
  } else {
    counts.error = String(read.errors["1_0_ExecJson"]);
  }
  console.log(JSON.stringify(counts));
}
