/**
 * For runs that are held against each other, on a machine however busy: a second prover's word and the choice among smallest masks are
 * waited for. Otherwise both get about a second, and where that runs out the certificate says `confirmed: false` or
 * `heaviest: unproven` and the mask may be another one.
 */
export const determined = ['--confirm', 'always'];
