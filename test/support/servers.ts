// Real servers on loopback, each test file with its own. `scripts/test-servers.sh` installs them.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { projectRoot } from '../cli/smug.js';
import type { Need } from './needs.js';
import { temporaryFolder } from './temporary-folder.js';

/** Where `scripts/test-servers.sh` puts what no package manager of the system has. */
const tools = join(projectRoot, '.test-servers');

/** The path of a program, undefined where it is missing. */
function program(name: string): string | undefined {
  const own = join(tools, 'bin', name);
  if (existsSync(own)) return own;
  const { status, stdout } = spawnSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const need = (name: string): Need => ({
  missing: program(name) === undefined ? `no ${name}: scripts/test-servers.sh installs it` : null,
  required: false,
});

export const redis = need('redis-server');
export const valkey = need('valkey-server');
export const versitygw = need('versitygw');
export const moto = need('moto_server');

/** A server that was started; its folder outlives a kill, and goes with `close`. */
export interface Server {
  port: number;
  folder: string;
  child: ChildProcess;
  /** Starts it again on the same port and folder, after a kill. */
  again(): Promise<void>;
  /** Ends it with -9. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

async function start(
  name: string,
  words: (port: number, folder: string) => string[],
  env: Record<string, string> = {},
): Promise<Server> {
  const folder = temporaryFolder(name);
  const port = await freePort();
  const run = async () => {
    const child = spawn(program(name)!, words(port, folder), {
      stdio: 'ignore',
      env: { ...process.env, ...env },
      cwd: folder,
    });
    await listening(port, child);
    return child;
  };
  const ended = (child: ChildProcess) =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const server: Server = {
    port,
    folder,
    child: await run(),
    async again() {
      server.child = await run();
    },
    async kill() {
      server.child.kill('SIGKILL');
      await ended(server.child);
    },
    close: () => server.kill(),
  };
  // Before its folder goes.
  process.prependOnceListener('exit', () => server.child.kill('SIGKILL'));
  return server;
}

/** Redis or Valkey that keeps an append-only file, each command written through. */
export function startRedis(name: 'redis-server' | 'valkey-server'): Promise<Server> {
  return start(name, (port, folder) => [
    ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
  ]);
}

/** What AWS's own SDK and ours read from the environment. */
export const s3Environment = (port: number) => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: 'smug-test',
  AWS_SECRET_ACCESS_KEY: 'smug-test-secret',
  AWS_REGION: 'us-east-1',
});

/** An S3 service with an empty bucket `bucket`. */
export async function startS3(name: 'versitygw' | 'moto_server'): Promise<Server> {
  const server =
    name === 'versitygw'
      ? await start(
          name,
          (port, folder) => {
            mkdirSync(join(folder, 'root'), { recursive: true });
            return [
              '--port',
              `127.0.0.1:${port}`,
              '--quiet',
              'posix',
              '--sidecar',
              sidecar(folder),
              join(folder, 'root'),
            ];
          },
          { ROOT_ACCESS_KEY: 'smug-test', ROOT_SECRET_KEY: 'smug-test-secret' },
        )
      : await start(name, (port) => ['-H', '127.0.0.1', '-p', `${port}`]);
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${server.port}`,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'smug-test', secretAccessKey: 'smug-test-secret' },
  });
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  client.destroy();
  return server;
}

/** Not every file system has extended attributes, which the gateway keeps metadata in otherwise. */
function sidecar(folder: string): string {
  const path = join(folder, 'metadata');
  mkdirSync(path, { recursive: true });
  return path;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  throw new Error(`${child.spawnfile} does not listen`);
}
