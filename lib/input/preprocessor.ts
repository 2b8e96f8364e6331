import { type DeclarationCode, declarationFault } from '../errors.js';
import { familyOf } from './processor-families.js';
import { RESAMPLING_FILTERS, type ResamplingFilter } from './resample.js';

/** Sides of resized and cropped pictures are refused beyond this. */
export const MAX_INPUT_SIDE = 16_384;

/** How a picture is resized: to fixed sides, or its shorter side to a length (the longer follows, cut to an integer). */
export type ResizeRule =
  | { to: 'sides'; height: number; width: number }
  | { to: 'shortest-edge'; length: number; longestAtMost?: number };

/**
 * A `preprocessor_config.json`, checked and with every default filled in. Steps run in this order:
 * resize → centre crop → rescale → flip channel order → normalise.
 */
export interface Preprocessor {
  resize: ResizeRule | null;
  resample: ResamplingFilter;
  crop: { height: number; width: number } | null;
  /** Each byte is multiplied by this, then `shift` is added. */
  scale: number;
  shift: number;
  /** Blue first, red last, from here on. */
  flipChannels: boolean;
  /** (value − mean) / std, one entry a channel in the order the network sees, or one for all. */
  normalize: { mean: number[]; std: number[] } | null;
}

/** Fields of Hugging Face's files that say nothing about the numbers a network gets. */
const IRRELEVANT = new Set([
  '_processor_class', '_valid_processor_keys', 'processor_class', 'image_processor_type', 'feature_extractor_type',
  'data_format', 'input_data_format', 'default_to_square', 'device', 'disable_grouping', 'do_convert_rgb',
  'image_seq_length', 'return_tensors', 'auto_map', 'num_channels', 'patch_size', 'do_reduce_labels',
  'reduce_labels', 'size_divisor', 'model_input_names', 'name_or_path', 'transformers_version',
]); // prettier-ignore

const KNOWN = new Set([
  'do_resize', 'size', 'resample', 'do_center_crop', 'crop_size', 'crop_pct', 'do_rescale', 'rescale_factor',
  'rescale_offset', 'do_flip_channel_order', 'do_normalize', 'image_mean', 'image_std', 'include_top',
]); // prettier-ignore

/** Steps other processors have; harmless while switched off. */
const OTHER_STEPS = /^do_/;

/** A declaration as a caller may start from, for pictures of a size in pixels (default: 224 by 224), grey or in colour. */
export const minimalPreprocessor = (
  { height, width } = { height: 224, width: 224 },
  grey = false,
): string => `{
  "do_resize": true,  "size": { "height": ${height}, "width": ${width} },  "resample": 2,
  "do_rescale": true,  "rescale_factor": 0.00392156862745098,
  ${grey ? '"do_normalize": false' : '"do_normalize": true,  "image_mean": [0.485, 0.456, 0.406],  "image_std": [0.229, 0.224, 0.225]'}
}`;

type Fields = Record<string, unknown>;

/**
 * Reads a preprocessing declaration in the form of Hugging Face's `preprocessor_config.json`, current or as
 * older feature extractors wrote it (sizes as plain numbers, `crop_pct`, missing `do_rescale`).
 *
 * @param declaration the parsed JSON
 * @param name where it comes from, for messages
 * @param code of the error thrown: BAD_MODEL for a model's own file, BAD_OPTION for the caller's
 * @throws an error with that code (see `declarationFault`), naming the field, its value and what is expected
 */
export function readPreprocessor(
  declaration: unknown,
  name = 'preprocessing',
  code: DeclarationCode = 'BAD_OPTION',
): Preprocessor {
  const fail = (what: string): never => {
    throw declarationFault(code, `${name}: ${what}.`);
  };
  if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration)) {
    return fail(`expected a JSON object such as\n${minimalPreprocessor()}`);
  }
  // null is how these files say "not used"
  const stated = Object.entries(declaration).filter(([, value]) => value !== null && value !== undefined);
  const fields: Fields = Object.fromEntries(stated);
  for (const [field, value] of stated) {
    if (KNOWN.has(field) || IRRELEVANT.has(field)) continue;
    if (OTHER_STEPS.test(field) && value === false) continue;
    fail(`field '${field}' (${JSON.stringify(value)}) is not supported; known are ${[...KNOWN].join(', ')}`);
  }

  const flag = (field: string, standard: boolean): boolean => {
    const value = fields[field] ?? standard;
    return typeof value === 'boolean'
      ? value
      : fail(`${field} is ${JSON.stringify(value)}, expected true or false`);
  };
  const number = (field: string, standard: number): number => {
    const value = fields[field] ?? standard;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return fail(`${field} is ${show(value)}, expected a finite number`);
    }
    return value;
  };
  const side = (field: string, value: unknown): number => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_INPUT_SIDE) {
      return fail(`${field} is ${show(value)}, expected an integer from 1 to ${MAX_INPUT_SIDE}`);
    }
    return value;
  };
  const sides = (field: string, value: unknown): { height: number; width: number } => {
    if (typeof value === 'number') return { height: side(field, value), width: side(field, value) };
    if (Array.isArray(value) && value.length === 2) {
      return { height: side(`${field}[0]`, value[0]), width: side(`${field}[1]`, value[1]) };
    }
    const given = (typeof value === 'object' && value !== null ? value : {}) as Fields;
    if ('shortest_edge' in given && field === 'crop_size') return sides(field, given.shortest_edge);
    if (!('height' in given && 'width' in given)) {
      return fail(`${field} is ${show(value)}, expected a number or { "height": …, "width": … }`);
    }
    return { height: side(`${field}.height`, given.height), width: side(`${field}.width`, given.width) };
  };

  const family = familyOf(fields);
  const cropping = flag('do_center_crop', fields.crop_size !== undefined);
  let crop = cropping ? sides('crop_size', fields.crop_size) : null;
  let resize: ResizeRule | null = null;
  if (flag('do_resize', fields.size !== undefined)) {
    resize = resizeRule();
    const cropPct = fields.crop_pct ?? (family?.cropPct !== undefined ? family.cropPct : null);
    if (cropPct !== null) ({ resize, crop } = applyCropPct(resize, crop, cropPct));
    else if (family?.enlarge) resize = enlarged(resize, family.enlarge);
  }

  function resizeRule(): ResizeRule {
    const value = fields.size;
    if (typeof value === 'number') {
      const square = fields.default_to_square ?? family?.square ?? (cropping ? undefined : true);
      if (square === undefined) {
        return fail(
          `size ${value} with a centre crop can mean the shorter side or both sides; write { "shortest_edge": ${value} } or { "height": ${value}, "width": ${value} }`,
        );
      }
      return square
        ? { to: 'sides', ...sides('size', value) }
        : { to: 'shortest-edge', length: side('size', value) };
    }
    if (typeof value === 'object' && value !== null && 'shortest_edge' in value) {
      const given = value as Fields;
      return {
        to: 'shortest-edge',
        length: side('size.shortest_edge', given.shortest_edge),
        ...(given.longest_edge == null
          ? {}
          : { longestAtMost: side('size.longest_edge', given.longest_edge) }),
      };
    }
    return { to: 'sides', ...sides('size', value) };
  }

  /** ConvNeXt and PoolFormer state the crop as a fraction: resize to side / fraction, then crop to side. */
  function applyCropPct(rule: ResizeRule, declared: Preprocessor['crop'], value: unknown) {
    if (typeof value !== 'number' || !(value > 0 && value <= 1)) {
      return fail(`crop_pct is ${show(value)}, expected a number above 0 and up to 1`);
    }
    if (declared) return { resize: enlarged(rule, 1 / value), crop: declared };
    const length = rule.to === 'sides' ? Math.min(rule.height, rule.width) : rule.length;
    const target = { height: length, width: length };
    // From 384 on, ConvNeXt's processor squeezes the whole picture into the square instead.
    if (length >= 384) return { resize: { to: 'sides', ...target } as ResizeRule, crop: null };
    return { resize: enlarged({ to: 'shortest-edge', length }, 1 / value), crop: target };
  }

  function enlarged(rule: ResizeRule, factor: number): ResizeRule {
    // Multiplying by 1/pct and truncating must not lose a pixel to rounding: 224 / 0.875 is 256 exactly.
    const grow = (length: number) => side('size after crop_pct', Math.floor(length * factor + 1e-9));
    if (rule.to === 'shortest-edge') return { ...rule, length: grow(rule.length) };
    return { to: 'sides', height: grow(rule.height), width: grow(rule.width) };
  }

  const perChannel = (field: string): number[] => {
    const value = fields[field];
    const list = typeof value === 'number' ? [value] : value;
    if (!Array.isArray(list) || ![1, 3].includes(list.length)) {
      return fail(`${field} is ${show(value)}, expected one number or a list of three`);
    }
    for (const entry of list) {
      if (typeof entry !== 'number' || !Number.isFinite(entry))
        return fail(`${field} holds ${show(entry)}, expected finite numbers`);
    }
    return list as number[];
  };
  const rescale = flag('do_rescale', true);
  const scale = rescale ? number('rescale_factor', 1 / 255) : 1;
  if (scale === 0) fail('rescale_factor is 0: every pixel would be equal');
  const shift = rescale && flag('rescale_offset', false) ? -1 : 0;

  let normalize: Preprocessor['normalize'] = null;
  if (flag('do_normalize', fields.image_mean !== undefined && fields.image_std !== undefined)) {
    const [mean, std] = [perChannel('image_mean'), perChannel('image_std')];
    if (std.includes(0)) fail(`image_std is ${show(fields.image_std)}: it divides, so no entry may be 0`);
    // EfficientNet's include_top divides by the standard deviation a second time.
    const twice = flag('include_top', false);
    normalize = { mean, std: twice ? std.map((value) => value * value) : std };
  }
  return {
    resize,
    resample: filter(fields.resample ?? family?.resample ?? 2),
    crop,
    scale,
    shift,
    flipChannels: flag('do_flip_channel_order', family?.flip ?? false),
    normalize,
  };

  function filter(value: unknown): ResamplingFilter {
    const named =
      typeof value === 'string'
        ? RESAMPLING_FILTERS.find((known) => known === value.toLowerCase())
        : undefined;
    const found = named ?? RESAMPLING_FILTERS[value as number];
    if (found !== undefined) return found;
    return fail(
      `resample is ${show(value)}, expected 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box or 5 hamming`,
    );
  }
}

/** JSON has no NaN or infinity: `String` shows them as they are. */
function show(value: unknown): string {
  return typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value);
}
