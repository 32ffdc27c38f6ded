/** A deposit is under one KiB. */
export const BODY_BYTES_MAX = 16 * 1024
