import type * as Sdk from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Store, StoredObject } from '../batch/store.js';
import { badOption, SmugError } from '../errors.js';
import { persistently, Untrue } from './persistently.js';

/** How S3 is reached. */
export interface S3Options {
  /** Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else Amazon's. */
  endpoint?: string;
  /** Tries per call, with growing pauses between them. Default 5. */
  attempts?: number;
  /** Milliseconds that one try may take. Default 60,000. */
  timeoutMs?: number;
  credentials?: S3ClientConfig['credentials'];
  region?: string;
}

/** Our own checksum of what we wrote: it stands in the object's metadata. */
const SHA256 = 'smug-sha256';
/** Node cannot hold a longer file in one buffer on every version it supports. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Opens a bucket, or the part of it below a prefix. Region and credentials come as the AWS SDK finds them (environment, profile, role).
 * @param url `s3://BUCKET` or `s3://BUCKET/PREFIX`
 * @throws RangeError that names the option; SmugError MISSING_PART
 */
export async function openS3Store(
  url: string,
  options: S3Options = {},
  option = '--store',
): Promise<S3Store> {
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === undefined) throw badOption(option, url, 's3://BUCKET/PREFIX');
  const sdk = await import('@aws-sdk/client-s3').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SmugError(
      'MISSING_PART',
      `${url} needs @aws-sdk/client-s3, which is not installed: npm install @aws-sdk/client-s3`,
    );
  });
  return new S3Store(sdk, bucket, folderPrefix(prefix), options);
}

function folderPrefix(prefix = ''): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/**
 * Objects of a bucket. What arrives is held against its length and its checksums, and against its ETag where that is one; a try that fails,
 * or whose answer is not true, is repeated.
 */
export class S3Store implements Store {
  readonly url: string;
  readonly #sdk: typeof Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #patience: { attempts: number; timeoutMs: number };

  constructor(
    sdk: typeof Sdk,
    bucket: string,
    prefix: string,
    { endpoint, attempts = 5, timeoutMs = 60_000, credentials, region }: S3Options,
  ) {
    this.url = `s3://${bucket}/${prefix}`;
    this.#sdk = sdk;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#patience = { attempts, timeoutMs };
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    const elsewhere = endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
    this.#client = new sdk.S3Client({
      ...(elsewhere !== undefined && { endpoint: elsewhere, forcePathStyle: true }),
      ...(credentials && { credentials }),
      // Gateways of one's own have no regions; the SDK insists on one.
      ...(region === undefined && elsewhere !== undefined && !AWS_REGION && !AWS_DEFAULT_REGION
        ? { region: 'us-east-1' }
        : region !== undefined && { region }),
      // Bodies that break off come after the SDK's own retries: ours stand around the whole call.
      maxAttempts: 1,
    });
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.#try(`read ${name}`, async (abortSignal) => {
      const command = new this.#sdk.GetObjectCommand(this.#at(name));
      let answer: GetObjectCommandOutput;
      try {
        answer = await this.#client.send(command, { abortSignal });
      } catch (error) {
        if (error instanceof this.#sdk.NoSuchKey || statusOf(error) === 404) {
          if ((error as Error).name === 'NoSuchBucket') throw error;
          return undefined;
        }
        throw error;
      }
      const { ContentLength: length, Metadata: metadata } = answer;
      if (length !== undefined && length > MAX_BYTES) {
        (answer.Body as { destroy?: () => void } | undefined)?.destroy?.();
        throw new SmugError(
          'BAD_INPUT',
          `${this.#nameOf(name)} is ${length} bytes long; ${MAX_BYTES} is the most.`,
        );
      }
      const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      if (length !== undefined && body.length !== length)
        throw new Untrue(`${body.length} of ${length} bytes arrived`);
      const sha256 = metadata?.[SHA256];
      if (sha256 !== undefined && hashOf('sha256', body) !== sha256)
        throw new Untrue('the contents do not have the checksum with which they were written');
      this.#checkTag(answer, body);
      return body;
    });
  }

  async write(
    name: string,
    contents: Uint8Array | string,
    { ifAbsent = false }: { ifAbsent?: boolean } = {},
  ): Promise<boolean> {
    const body = typeof contents === 'string' ? Buffer.from(contents) : contents;
    // A try that failed may have been heard: whether the object that is there now is ours is then looked up.
    let uncertain = false;
    const written = await this.#try(`write ${name}`, async (abortSignal) => {
      const command = new this.#sdk.PutObjectCommand({
        ...this.#at(name),
        Body: body,
        ContentLength: body.length,
        Metadata: { [SHA256]: hashOf('sha256', body) },
        ...(ifAbsent && { IfNoneMatch: '*' }),
      });
      try {
        this.#checkTag(await this.#client.send(command, { abortSignal }), body);
        return true;
      } catch (error) {
        if (ifAbsent && statusOf(error) === 412) return false;
        uncertain = true;
        throw error;
      }
    });
    if (written || !uncertain) return written;
    const there = await this.read(name);
    return there !== undefined && there.equals(body);
  }

  async remove(name: string): Promise<void> {
    await this.#try(`remove ${name}`, (abortSignal) =>
      this.#client.send(new this.#sdk.DeleteObjectCommand(this.#at(name)), { abortSignal }),
    );
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void, void> {
    let from: string | undefined;
    do {
      const page = await this.#try(`list ${prefix}`, (abortSignal) => {
        const command = new this.#sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + prefix,
          ContinuationToken: from,
        });
        return this.#client.send(command, { abortSignal });
      });
      for (const { Key: key, Size: size = 0, ETag: tag = '' } of page.Contents ?? [])
        // Some tools mark folders by empty objects.
        if (key !== undefined && !key.endsWith('/'))
          yield { name: key.slice(this.#prefix.length), size, tag };
      from = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (from !== undefined);
  }

  close(): void {
    this.#client.destroy();
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }

  #nameOf(name: string): string {
    return this.url + name;
  }

  #try<Result>(what: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return persistently(`${this.url}: cannot ${what}`, this.#patience, work, (error) => {
      const status = statusOf(error);
      // A race between conditional writes (409), a full service, a fault of the service; anything else stays as it is.
      return (
        status === undefined ||
        status === 408 ||
        status === 409 ||
        status === 429 ||
        status >= 500 ||
        status < 300
      );
    });
  }

  /** An ETag is the MD5 of the contents, but for uploads in parts, some encryptions and directory buckets. */
  #checkTag(
    answer: { ETag?: string; ServerSideEncryption?: string; SSECustomerAlgorithm?: string },
    body: Uint8Array,
  ): void {
    const { ETag: tag, ServerSideEncryption: encryption, SSECustomerAlgorithm: own } = answer;
    const md5 = /^"?([0-9a-f]{32})"?$/.exec(tag ?? '')?.[1];
    const differs = own !== undefined || encryption?.startsWith('aws:') || this.#bucket.endsWith('--x-s3');
    if (md5 === undefined || differs) return;
    if (hashOf('md5', body) !== md5) throw new Untrue(`its ETag ${md5} is not that of the contents`);
  }
}

function hashOf(algorithm: 'md5' | 'sha256', contents: Uint8Array): string {
  return createHash(algorithm).update(contents).digest('hex');
}

/** The HTTP status that a failure of the SDK has, undefined where there was no answer. */
function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
