/** The IAM policy that a sink needs. Pure. */

/** Each service of AWS names its resources by the partition that the region is in. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

export interface PolicyTarget {
  readonly bucket: string;
  readonly region: string;
  /** What keys begin with, `tidemark/employees/`. */
  readonly prefixes: readonly string[];
  /** ARN, id or alias of a key; null: objects are not encrypted by KMS, or by the key of the account. */
  readonly kmsKey: string | null;
}

/**
 * What Tidemark does in a bucket, as a policy for exactly these prefixes.
 *
 * ListBucket and ListBucketMultipartUploads stand without a condition on the prefix: a question for one object has no
 * prefix, and without ListBucket an object that is not there is "access denied".
 */
export function iamPolicy({ bucket, region, prefixes, kmsKey }: PolicyTarget): string {
  const partition = partitionOf(region);
  const arn = `arn:${partition}:s3:::${bucket}`;
  const statements = [
    {
      Sid: 'TidemarkObjects',
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject', 's3:DeleteObject'],
      Resource: prefixes.map((prefix) => `${arn}/${prefix}*`),
    },
    {
      Sid: 'TidemarkBucket',
      Effect: 'Allow',
      Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:GetEncryptionConfiguration'],
      Resource: arn,
    },
    ...(kmsKey === null
      ? []
      : [
          {
            Sid: 'TidemarkKey',
            Effect: 'Allow',
            Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
            Resource: keyArn(kmsKey, partition, region),
          },
        ]),
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2);
}

/** A policy names keys, never their aliases. */
function keyArn(key: string, partition: string, region: string): string {
  if (key.startsWith('arn:') && !key.includes(':alias/')) return key;
  return `arn:${partition}:kms:${region}:*:key/${key.includes('alias/') ? '*' : key}`;
}
