/** Answers of S3 and OSS stores as they are sent, one of each kind that is read, for the mutators to work on. */

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const OWNER = "<Owner><ID>1</ID><DisplayName>me</DisplayName></Owner>";

function entry(key: string, size: number): string {
  return `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>` +
    `<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag>` +
    `<Size>${size}</Size><StorageClass>STANDARD</StorageClass><Type>Normal</Type>${OWNER}</Contents>`;
}

/** A listing of these keys; encoded, with a token where more follows. */
export function listing(keys: readonly string[], token?: string): string {
  const more = token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`;
  return `${HEAD}<ListBucketResult><Name>bucket</Name><Prefix>p/</Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>1000</MaxKeys>` +
    `<EncodingType>url</EncodingType><IsTruncated>${token !== undefined}</IsTruncated>${more}${
      keys.map(entry).join("")
    }</ListBucketResult>`;
}

/** A listing as version 1 of the request gives it. */
export const LISTING_V1 =
  `${HEAD}<ListBucketResult><Name>bucket</Name><Prefix>p/</Prefix><Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>` +
  `<NextMarker>p/b</NextMarker>${entry("p/a", 1)}${entry("p/b", 2)}</ListBucketResult>`;

/** Parts of an upload. */
export const PARTS = `${HEAD}<ListPartsResult><Bucket>bucket</Bucket><Key>p/a</Key><UploadId>u1</UploadId>` +
  "<NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>" +
  "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>" +
  "<ChecksumType>FULL_OBJECT</ChecksumType>" +
  [1, 2].map((number) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>&quot;e${number}&quot;</ETag>` +
    `<Size>5242880</Size><ChecksumCRC32>AAAAAA==</ChecksumCRC32>` + "<HashCrc64ecma>123</HashCrc64ecma></Part>"
  ).join("") + "</ListPartsResult>";

/** Unfinished uploads. */
export const UPLOADS =
  `${HEAD}<ListMultipartUploadsResult><Bucket>bucket</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>` +
  "<NextKeyMarker>p/b</NextKeyMarker><NextUploadIdMarker>u2</NextUploadIdMarker><MaxUploads>1000</MaxUploads>" +
  "<EncodingType>url</EncodingType>" +
  "<IsTruncated>false</IsTruncated>" +
  ["a", "b"].map((key) =>
    `<Upload><Key>p/${key}</Key><UploadId>u-${key}</UploadId><StorageClass>STANDARD</StorageClass>` +
    `<Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>`
  ).join("") + "</ListMultipartUploadsResult>";

/** The beginning of an upload. */
export const INITIATED =
  `${HEAD}<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>p/a</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>`;

/** The end of an upload. */
export const COMPLETED =
  `${HEAD}<CompleteMultipartUploadResult><Location>http://x/bucket/p/a</Location><Bucket>bucket</Bucket><Key>p/a</Key>` +
  "<ETag>&quot;0cc175b9c0f1b6a831c399e269772661-2&quot;</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></CompleteMultipartUploadResult>";

/** A copy of an object. */
export const COPIED = `${HEAD}<CopyObjectResult><LastModified>2026-01-01T00:00:00.000Z</LastModified>` +
  `<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag></CopyObjectResult>`;
/** A copy of a part. */
export const PART_COPIED = `${HEAD}<CopyPartResult><LastModified>2026-01-01T00:00:00.000Z</LastModified>` +
  `<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag></CopyPartResult>`;

/** Tags of an object. */
export const TAGS =
  `${HEAD}<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b c</Key><Value>&amp;</Value></Tag></TagSet></Tagging>`;

/** What became of many deletes. */
export const DELETED = `${HEAD}<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>p/a</Key></Deleted>` +
  "<Error><Key>p/b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";

/** A refusal. */
export function refusal(code: string): string {
  return `${HEAD}<Error><Code>${code}</Code><Message>Some text https://x/?X-Amz-Signature=abc</Message><Resource>/bucket/p/a</Resource>` +
    "<Region>eu-west-1</Region><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint><RequestId>R1</RequestId><HostId>H</HostId></Error>";
}

/** One of each kind. */
export const ANSWERS: readonly string[] = [
  listing(["p/a", "p/b%20c", "p/%E7%A9%BA"]),
  listing(["p/a"], "token"),
  LISTING_V1,
  PARTS,
  UPLOADS,
  INITIATED,
  COMPLETED,
  COPIED,
  PART_COPIED,
  TAGS,
  DELETED,
  refusal("NoSuchKey"),
  refusal("SlowDown"),
];
