/** What the names of images end in. */
export const imageEnding = /\.(png|jpe?g|webp)$/i;
