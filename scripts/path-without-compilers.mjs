// Makes a folder that stands in for a PATH on a machine without any build tool: links to every command of
// today's PATH except compilers, CMake, make, ninja and Python. Usage: path-without-compilers.mjs FOLDER
import { accessSync, constants, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const buildTool =
  /^(.*-)?(cc|c\+\+|cpp|gcc|g\+\+|clang|clang\+\+|cmake|ccmake|ctest|make|gmake|ninja|python|python3|pip|pip3)(-?[\d.]+)?$/;
const folder = process.argv[2];
if (!folder) throw new Error('usage: path-without-compilers.mjs FOLDER');
mkdirSync(folder, { recursive: true });
const seen = new Set();
for (const source of process.env.PATH.split(delimiter)) {
  let names = [];
  try {
    names = readdirSync(source);
  } catch {
    continue;
  }
  for (const name of names) {
    if (seen.has(name) || buildTool.test(name)) continue;
    const command = join(source, name);
    try {
      accessSync(command, constants.X_OK);
      symlinkSync(command, join(folder, name));
      seen.add(name);
    } catch {
      // not executable, or a dangling link: as good as absent
    }
  }
}
