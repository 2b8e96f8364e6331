// Without the fonts of the default theme: those of the reader's system do.
export { default } from 'vitepress/theme-without-fonts';
