// Tests are TypeScript run through tsx; they import the compiled library from dist/,
// so what is tested is what is shipped (worker files and all).
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Each file in a process of its own: loaders do not reach ava's worker threads, and exit paths are real.
  workerThreads: false,
  concurrency: 2,
  timeout: '10m',
};
