// dist/fonts/: the letters of legends, so that pictures carry their words on machines without fonts. Part of `npm run build`.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './native-deps.mjs';

const source = dirname(fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/package.json')));
const fonts = join(root, 'dist', 'fonts');
mkdirSync(fonts, { recursive: true });
copyFileSync(join(source, 'ttf', 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans.ttf'));
copyFileSync(join(source, 'LICENSE'), join(fonts, 'LICENSE'));
// What fontconfig reads where the machine has no configuration of its own.
writeFileSync(
  join(fonts, 'fonts.conf'),
  '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n' +
    '<fontconfig><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n',
);
