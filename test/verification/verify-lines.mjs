// node verify-lines.mjs FILE: verifies one certificate per line without provers, as the second checker does with --lines.
// Prints a verdict and why per line, and last the most memory it took.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SmugError } from '../../dist/errors.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';

for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  try {
    const { verdict, failures, reasons } = await verifyCertificate(JSON.parse(line), { timeLimit: 60 });
    console.log(`${verdict}\t${[...failures, ...reasons].join(' ')}`);
  } catch (error) {
    if (!(error instanceof SmugError)) throw error;
    console.log(`refused\t${error.message}`);
  }
}
console.log(`${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
