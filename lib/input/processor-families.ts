/**
 * What Hugging Face's image processors do where their file is silent. Files written by current versions state
 * everything; older ones leave out what was the class's default and write sizes as one number.
 */
export interface ProcessorFamily {
  /** A plain number as `size` means both sides (true) or the shorter side (false). */
  square?: boolean;
  /** PIL number. */
  resample?: number;
  /** Default `crop_pct`. */
  cropPct?: number;
  /** LeViT resizes to this multiple of `size` before it crops. */
  enlarge?: number;
  flip?: boolean;
}

const BICUBIC = 3;

/** By the beginning of `image_processor_type` or `feature_extractor_type`, longest match first. */
const FAMILIES: Record<string, ProcessorFamily> = {
  Beit: { square: true, resample: BICUBIC },
  Bit: { square: false, resample: BICUBIC },
  ChineseCLIP: { square: false, resample: BICUBIC },
  CLIP: { square: false, resample: BICUBIC },
  ConvNext: { square: false, cropPct: 224 / 256 },
  Deit: { square: true, resample: BICUBIC },
  DeiT: { square: true, resample: BICUBIC },
  EfficientNet: { square: true, resample: 0 },
  Levit: { square: false, resample: BICUBIC, enlarge: 256 / 224 },
  LeViT: { square: false, resample: BICUBIC, enlarge: 256 / 224 },
  MobileNet: { square: false },
  MobileViT: { square: false, flip: true },
  PoolFormer: { square: false, resample: BICUBIC, cropPct: 0.9 },
  Perceiver: { square: true, resample: BICUBIC },
  Siglip: { square: true, resample: BICUBIC },
  ViT: { square: true },
};

export function familyOf(fields: Record<string, unknown>): ProcessorFamily | undefined {
  const type = fields.image_processor_type ?? fields.feature_extractor_type;
  if (typeof type !== 'string') return undefined;
  const name = Object.keys(FAMILIES)
    .filter((start) => type.startsWith(start))
    .sort((a, b) => b.length - a.length)[0];
  return name === undefined ? undefined : FAMILIES[name];
}
