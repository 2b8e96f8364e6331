import { SmugError } from '../errors.js';

/** The packages that only the service needs: optional peers, which a bare installation lacks. */
const PARTS = 'fastify @fastify/multipart @fastify/swagger @fastify/swagger-ui prom-client';

/** For the `catch` of an import: says what to install where the package is not there. */
export function missingPart(name: string): (error: unknown) => never {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SmugError(
      'MISSING_PART',
      `The service needs ${name}, which is not installed: npm install ${PARTS}`,
    );
  };
}
