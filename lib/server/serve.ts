import { isIP } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { serviceOptions, type ServiceOptions } from '../api/service.js';
import { checkOption, fromEnvironment } from '../api/check.js';
import { badOption, unknownOption } from '../errors.js';
import type { LoadModelOptions } from '../model/load-model.js';
import { createApp } from './http/app.js';
import { Service } from './service.js';

export interface RunningService {
  /** Where it listens, as http://127.0.0.1:8080. */
  url: string;
  service: Service;
  /**
   * Takes no more requests, waits for those accepted (at most `drain` seconds, then they are given up with what they have)
   * and frees everything. Calling it twice is allowed.
   */
  close(): Promise<void>;
}

/** Options of `serve`: what each means and its default stand in `lib/api/service.ts`. */
export interface ServeOptions extends Partial<ServiceOptions> {
  model: string[];
  load?: LoadModelOptions;
  /** Structured logs on stdout (pino), or a logger of the caller's. Default: none. */
  log?: boolean | FastifyBaseLogger;
}

/**
 * Serves explanations over HTTP: the service's own interface, KServe V1, Open Inference, SageMaker and Vertex AI.
 * @throws as `loadModel`; TypeError or RangeError that names an option; RangeError where an address that others reach has no token; SmugError MISSING_PART
 */
export async function serve({ load, log = false, ...given }: ServeOptions): Promise<RunningService> {
  const options = withDefaults(given);
  if (!options.open && options.token === undefined && !isLoopback(options.host))
    throw badOption('host', options.host, 'a loopback address, unless --token (or --open) is given');
  const service = await Service.start(options, load);
  const { app, signals, readiness } = await createApp(service, log);
  try {
    const url = await app.listen({ host: options.host, port: options.port });
    let closing: Promise<void> | undefined;
    const close = async () => {
      readiness.draining = true;
      const patience = setTimeout(() => signals.giveUp(), options.drain * 1000);
      await app.close();
      clearTimeout(patience);
      service.dispose();
    };
    return { url, service, close: () => (closing ??= close()) };
  } catch (error) {
    await app.close();
    service.dispose();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw badOption('port', options.port, 'a port that nobody listens on');
    if (code === 'EACCES') throw badOption('port', options.port, 'a port that you may listen on');
    throw error;
  }
}

function withDefaults(given: Partial<ServiceOptions>): ServiceOptions {
  const known = Object.keys(serviceOptions);
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw unknownOption(name, [...known, 'load', 'log']);
  const options: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(serviceOptions)) {
    const value = (given as Record<string, unknown>)[name] ?? fromEnvironment(declared) ?? declared.default;
    if (value !== undefined) checkOption(name, declared, (options[name] = value));
  }
  return options as ServiceOptions;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
