// Loaded into workers by `node --import`: reading a file whose name says so ends the process, or keeps its main thread busy.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { readFile } = fs.promises;
fs.promises.readFile = (path, ...more) => {
  if (/poison/.test(String(path))) process.kill(process.pid, 'SIGKILL');
  if (/busy/.test(String(path))) for (const until = performance.now() + 4000; performance.now() < until;);
  return readFile(path, ...more);
};
syncBuiltinESMExports();
