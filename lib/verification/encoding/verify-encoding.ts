import {
  encodingCertificate,
  type EncodingCertificate,
  type EncodingVerdict,
} from '../../api/encoding-certificate.js';
import { SmugError, throwIfAborted } from '../../errors.js';
import { claimedSizeFailures } from '../claimed-size.js';
import { misfitOf } from '../form.js';
import type { VerifyProgress } from '../progress.js';
import { OutOfTime, Work } from '../work.js';
import { ExactNetwork, NotComputed } from './exact-network.js';
import { classOf, marginOf, MaskedClass } from './masked-class.js';
import { networkDigest } from './network-digest.js';
import { product, shapeIn, type PlainNetwork } from './plain-network.js';
import { trySmaller, type TryingMeans } from './smaller-masks.js';

export interface EncodingMeans {
  /** Seconds for everything together; 0: no limit. */
  timeLimit: number;
  signal?: AbortSignal;
  onProgress?: (progress: VerifyProgress) => void;
}

/** How the model reads images, from its file. */
export interface InputForm {
  /** Of the model's input, as the certificate says it. */
  layout: 'channels-first' | 'channels-last';
}

/**
 * Whether a document has the form of a full encoding's certificate.
 * @throws SmugError `BAD_CERTIFICATE`
 */
export function readEncodingCertificate(json: unknown): EncodingCertificate {
  const misfit = misfitOf(encodingCertificate, json) ?? inconsistency(json as EncodingCertificate);
  if (misfit !== null)
    throw new SmugError('BAD_CERTIFICATE', `Not a certificate that can be checked: ${misfit}.`);
  return json as EncodingCertificate;
}

/** Before any network is made for an input of this shape. */
function inconsistency({ image: { inputShape, x } }: EncodingCertificate): string | null {
  return product(inputShape) === x.length
    ? null
    : `image.inputShape has ${product(inputShape)} elements, image.x ${x.length}`;
}

/**
 * Checks the certificate of a full encoding against a network, in fractions: the class of the whole image, and that the mask keeps it with the
 * margin asked for. That no smaller mask does is checked by trying every one where these are few; else it rests on the search's word.
 * docs/certificate.md says what is checked.
 *
 * @param network from X, what its first layer reads, to the logits
 * @throws SmugError `ABORTED`
 */
export async function verifyEncoding(
  certificate: EncodingCertificate,
  network: PlainNetwork,
  form: InputForm,
  { timeLimit, signal, onProgress }: EncodingMeans,
): Promise<EncodingVerdict> {
  const start = performance.now();
  throwIfAborted(signal);
  const { status, target, delta, size, lowerBound } = certificate;
  const verdict: EncodingVerdict = {
    ...{ verdict: 'refused', status, target, delta, size, lowerBound },
    model: { sha256: networkDigest(network) },
    ...{ mask: null, bound: null, failures: [], reasons: [], wallMs: 0 },
  };
  const { failures, reasons } = verdict;
  if (certificate.model.sha256 !== verdict.model.sha256)
    failures.push(
      `The certificate is about another network (${certificate.model.source}) than the model given, or another release of smug read it: ` +
        `its digest is ${certificate.model.sha256}, the model's ${verdict.model.sha256}.`,
    );
  else failures.push(...formalities(certificate), ...misfits(certificate, network, form));
  if (failures.length === 0) {
    try {
      const work = new Work(timeLimit > 0 ? timeLimit : Infinity, signal);
      await checkClaims(certificate, network, verdict, { work, onProgress });
    } catch (error) {
      if (error instanceof OutOfTime)
        reasons.push('The time limit was reached before everything was looked at.');
      else if (error instanceof NotComputed) reasons.push(`Nothing could be computed: ${error.message}.`);
      else throw error;
      verdict.verdict = 'not-checked';
    }
  }
  if (failures.length > 0) verdict.verdict = 'refused';
  verdict.wallMs = performance.now() - start;
  return verdict;
}

/** What the numbers of each status must be to each other. */
function formalities(certificate: EncodingCertificate): string[] {
  const { status, mask, lowerBound } = certificate;
  const failures: string[] = [];
  const withMask = status === 'optimal' || status === 'feasible';
  if (withMask !== (mask !== null))
    failures.push(`The status is ${status} ${withMask ? 'without' : 'with'} a mask.`);
  if (status === 'infeasible' && lowerBound !== 0)
    failures.push('The bound where no mask keeps the class is written as 0.');
  return [...failures, ...claimedSizeFailures(certificate)];
}

/** Where image, mask and class do not fit the network: pixels that are none would make masks smaller than they are. */
function misfits(
  { image, mask, target }: EncodingCertificate,
  network: PlainNetwork,
  form: InputForm,
): string[] {
  const { inputShape, height, width, layout, x } = image;
  const failures: string[] = [];
  const size = product(shapeIn(network, network.inputs[0]));
  if (x.length !== size) failures.push(`x has ${x.length} numbers, the network reads ${size}.`);
  if (x.some((value) => Math.fround(value) !== value)) failures.push('A number of x is no 32-bit float.');
  const channels = x.length / (height * width);
  // A pixel of many channels would make a mask of one pixel of anything.
  if (channels !== 1 && channels !== 3)
    failures.push(`The image has ${channels} numbers per pixel; images have one, or three.`);
  const rest = inputShape.slice(1);
  const [own, ...sides] = form.layout === 'channels-last' ? [rest.at(-1), ...rest.slice(0, -1)] : rest;
  if (inputShape.length === 4) {
    if (own !== channels || sides[0] !== height || sides[1] !== width)
      failures.push(
        `The model's input has ${own} numbers for each of ${sides.join('×')} pixels, not ${channels} for ${height}×${width}.`,
      );
  } else if (channels !== 1) failures.push('An input that is no picture has one number per pixel.');
  const first = network.nodes.find(({ op }) => op === 'conv' || op === 'dense');
  if (channels > 1 && layout !== (first?.op === 'conv' ? 'channels-first' : form.layout))
    failures.push(`The numbers of a pixel do not lie ${layout} where the first layer reads them.`);
  if (mask !== null && mask.length !== height * width)
    failures.push(`The mask has ${mask.length} entries for ${height * width} pixels.`);
  if (target >= product(shapeIn(network, network.outputs[0]))) failures.push(`There is no class ${target}.`);
  return failures;
}

async function checkClaims(
  { image, target, delta, status, mask, lowerBound }: EncodingCertificate,
  network: PlainNetwork,
  verdict: EncodingVerdict,
  means: TryingMeans,
): Promise<void> {
  const { height, width, layout, x } = image;
  const { failures, reasons } = verdict;
  const pixels = height * width;
  const channels = x.length / pixels;
  const pixelOf = x.map((_, at) => (layout === 'channels-first' ? at % pixels : Math.floor(at / channels)));
  const masked = new MaskedClass(new ExactNetwork(network), x, pixelOf, delta);
  const read = classOf(masked.logits(new Set(pixelOf)));
  if (read !== target) failures.push(`The network reads the whole image as class ${read}, not ${target}.`);
  const kept = mask?.flatMap((one, pixel) => (one === 1 ? [pixel] : [])) ?? null;
  if (kept !== null) {
    const logits = masked.logits(new Set(kept));
    const margin = marginOf(logits, target);
    if (!masked.holds(logits, target))
      failures.push(`With the mask class ${target} leads by ${margin}, not by more than ${delta}.`);
    else verdict.mask = { margin };
  }
  if (failures.length > 0) return;
  const limit = status === 'infeasible' ? Infinity : lowerBound;
  const bound = await trySmaller(masked, target, limit, kept, means);
  const none = status === 'infeasible' ? 'no mask' : `no mask of fewer than ${lowerBound} pixels`;
  if (bound.found !== null) {
    failures.push(
      `A mask of ${bound.found.length} pixels was found that it says does not exist: ${bound.found.join(', ')}.`,
    );
    return;
  }
  if (bound.missed !== null) {
    const why =
      bound.missed === 'time'
        ? `the time limit was reached after ${bound.tried} masks`
        : 'there are too many to try here';
    reasons.push(
      `That ${none} keeps the class rests on the word of the search that wrote the certificate: ${why}.`,
    );
  }
  verdict.bound = { verdict: bound.missed === null ? 'verified-exact' : 'not-checked', tried: bound.tried };
  verdict.verdict = verdict.bound.verdict;
}
