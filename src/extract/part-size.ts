/** How large the parts of an object are, so that it fits into the number of parts that S3 takes. */

/** S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PARTS = 10_000;
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;
/** After each thousand parts the parts grow by one base size, so that 8 MiB parts reach 460 GB instead of 84. */
const PARTS_PER_SIZE = 1000;

export function partSize(basePartBytes: number, partNumber: number): number {
  return basePartBytes * (1 + Math.floor((partNumber - 1) / PARTS_PER_SIZE));
}

/** The largest object that parts beginning at this size can hold. */
export function capacityOf(basePartBytes: number): number {
  const sizes = MAX_PARTS / PARTS_PER_SIZE;
  return Math.min(MAX_OBJECT_BYTES, (basePartBytes * PARTS_PER_SIZE * sizes * (sizes + 1)) / 2);
}

const MEBIBYTE = 1024 * 1024;

/** The sink's part size, or what an object of twice the estimated size needs. Whole mebibytes. */
export function basePartSize(configured: number, estimatedBytes: number | null): number {
  const needed = ((estimatedBytes ?? 0) * 2 * configured) / capacityOf(configured);
  return Math.max(configured, Math.ceil(needed / MEBIBYTE) * MEBIBYTE);
}
