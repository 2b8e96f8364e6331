import { isArgumentError, SmugError, type SmugErrorCode } from '../errors.js';
import { QueueFull } from './work-queue.js';

/** Why a request was given up. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
  constructor(readonly why: 'deadline' | 'gone' | 'draining') {
    super(why);
  }
}

/** An error as it is answered. */
export interface Failure {
  status: number;
  code: string;
  message: string;
  /** Seconds. */
  retryAfter?: number;
}

const statuses: Partial<Record<SmugErrorCode, number>> = {
  BAD_IMAGE: 400,
  BAD_INPUT: 400,
  BAD_PROBLEM: 400,
  BAD_CERTIFICATE: 400,
  UNKNOWN_CLASS: 422,
  UNKNOWN_MODEL: 404,
  NOT_CONVERGED: 422,
  NO_PREPROCESSING: 422,
  UNSUPPORTED_MODEL: 422,
  ENGINE_FAILED: 503,
  ENGINE_UNAVAILABLE: 503,
  DEVICE_LOST: 503,
  SOLVER_FAILED: 503,
  SOLVER_UNAVAILABLE: 503,
  OUT_OF_MEMORY: 503,
};

const givenUp: Record<GivenUp['why'], Failure> = {
  deadline: { status: 504, code: 'DEADLINE', message: 'The deadline passed before there was an answer.' },
  gone: { status: 499, code: 'CLIENT_GONE', message: 'The client went away.' },
  draining: { status: 503, code: 'DRAINING', message: 'The service is shutting down.', retryAfter: 5 },
};

/** An error of the library, the queue or the HTTP server as it is answered: never a path or a stack of the server's. */
export function failureOf(error: unknown, signal?: AbortSignal): Failure {
  const reason: unknown = signal?.aborted ? signal.reason : error;
  if (reason instanceof GivenUp) return givenUp[reason.why];
  if (error instanceof QueueFull) {
    const { message, retryAfter } = error;
    return {
      status: 429,
      code: 'QUEUE_FULL',
      message: `${message} Try again in ${retryAfter} s.`,
      retryAfter,
    };
  }
  if (isArgumentError(error)) return { status: 400, code: error.code, message: withoutPaths(error.message) };
  if (error instanceof SmugError)
    return { status: statuses[error.code] ?? 400, code: error.code, message: withoutPaths(error.message) };
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  // The HTTP server's own: a body too large, no JSON, a schema missed.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return {
      status: statusCode,
      code:
        statusCode === 413
          ? 'BODY_TOO_LARGE'
          : code === 'FST_ERR_VALIDATION'
            ? 'BAD_REQUEST'
            : (code ?? 'BAD_REQUEST'),
      message: withoutPaths(message ?? 'The request is malformed.'),
    };
  return { status: 500, code: 'INTERNAL', message: 'The service failed; its log says how.' };
}

/** Folders of the server's are nobody's business: of an absolute path the last part stays. */
function withoutPaths(message: string): string {
  return message.replace(/(?<![\w.:/])(?:[A-Za-z]:)?(?:[\\/][^\s\\/:'"]+)+[\\/](?=[^\s\\/:'"]+)/g, '');
}
