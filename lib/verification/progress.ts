/** How far a verification is. */
export interface VerifyProgress {
  /** What is looked at: masks that are tried on a network, or a mask problem's proofs, component by component. */
  stage: 'masks' | 'bound' | 'heaviest' | 'core';
  done: number;
  of: number;
}
