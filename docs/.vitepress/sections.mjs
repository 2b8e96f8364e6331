/** Every page of the site, in the order of the sidebar. `npm run docs` fails where one is missing. */
export const sections = [
  {
    text: 'Using it',
    pages: [
      ['getting-started', 'Getting started'],
      ['your-model', 'Explain your own model'],
      ['reading', 'Reading an explanation'],
      ['text', 'Texts'],
      ['networks', 'Five networks, by default'],
      ['evaluation', 'Comparing methods'],
      ['report', 'A page of everything'],
    ],
  },
  {
    text: 'How it works',
    pages: [
      ['method', 'The method'],
      ['soundness', 'Soundness'],
      ['solver', 'The solver'],
      ['certificate', 'Certificates'],
      ['performance', 'Performance'],
    ],
  },
  {
    text: 'Operating',
    pages: [
      ['installing', 'Installing'],
      ['operating', 'Operating'],
      ['service', 'Service'],
      ['batch', 'Many images'],
      ['queue', 'A queue of jobs'],
      ['releasing', 'Releasing'],
    ],
  },
  {
    text: 'Reference',
    pages: [
      ['reference/commands', 'Commands'],
      ['reference/options', 'Options'],
      ['reference/library', 'Library'],
    ],
  },
];
