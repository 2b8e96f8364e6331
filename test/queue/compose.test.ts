// deploy/compose-queue.yaml without Docker: its commands, as they stand there, on this machine.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { batchOf, home, index, pictures } from '../batch/batch-runs.js';
import { projectRoot, smug } from '../cli/smug.js';
import { solverAddon, testWith } from '../support/needs.js';
import { freePort, redis } from '../support/servers.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startWorker } from './workers.js';

testWith(solverAddon, redis)(
  'the commands of the compose file do a batch: a queue and two workers',
  async (t) => {
    t.timeout(120_000);
    const text = readFileSync(join(projectRoot, 'deploy', 'compose-queue.yaml'), 'utf8');
    const { services } = parse(text, { merge: true });
    const { queue, worker, smug: tool } = services;
    t.is(worker.image, tool.image);
    t.is(worker.deploy.replicas, 2);
    t.deepEqual(worker.volumes, tool.volumes);
    const folder = home();
    const photos = pictures(folder, 6);
    const out = join(folder, 'results');
    const port = await freePort();
    const [program, ...words] = queue.command as string[];
    const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', temporaryFolder('compose')];
    const server = spawn(program, [...words, ...where], { stdio: 'ignore' });
    try {
      const env = {
        ...worker.environment,
        SMUG_REDIS: worker.environment.SMUG_REDIS.replace('queue:6379', `127.0.0.1:${port}`),
      };
      // As the comments say, with what is here in place of photographs and model.
      const [, submit] = /smug (submit .*)/.exec(text)!;
      const here: Record<string, string> = {
        '/photos': photos,
        '/models/squeezenet1.1': 'builtin:mnist-fc',
        '/results': out,
      };
      const asked = submit.split(' ').map((word) => here[word] ?? word);
      const submitted = await smug(asked, { env });
      t.is(submitted.code, 0, submitted.stderr);
      t.deepEqual(worker.command, ['worker']);
      const ends = await Promise.all([0, 1].map(() => startWorker(['--drain'], { env }).ended));
      for (const { code, stderr } of ends) t.is(code, 0, stderr);
      const [, merge] = /smug (batch merge .*)/.exec(text)!;
      t.is(
        (
          await smug(
            merge.split(' ').map((word) => here[word] ?? word),
            { env },
          )
        ).code,
        0,
      );
      const plain = join(folder, 'plain');
      await smug(batchOf([photos], plain));
      t.deepEqual(index(out), index(plain));
    } finally {
      server.kill('SIGKILL');
    }
  },
);
