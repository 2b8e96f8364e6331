#!/usr/bin/env node
import { runCommandLine } from './cli/run.js';

// A reader that has seen enough (`smug … | head`) is no failure of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2));
