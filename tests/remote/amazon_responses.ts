/** Responses as Amazon documents them (S3 API reference, "Sample Response" of each operation), with the elements that came later. */

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** By name; the name says which document it is. */
export const AMAZON: Readonly<Record<string, string>> = {
  "amazon list v2": `${HEAD}<ListBucketResult ${SPACE}><Name>quotes</Name><Prefix>E</Prefix><StartAfter>ExampleGuide.pdf</StartAfter>` +
    "<KeyCount>1</KeyCount><MaxKeys>3</MaxKeys><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=" +
    "</NextContinuationToken><Contents><Key>ExampleObject.txt</Key><LastModified>2013-09-17T18:07:53.000Z</LastModified>" +
    "<ETag>&quot;599bab3ed2c697f1d26842727561fd94&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm>" +
    "<ChecksumType>FULL_OBJECT</ChecksumType><Size>857</Size><StorageClass>REDUCED_REDUNDANCY</StorageClass><Owner><ID>1</ID></Owner>" +
    "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2012-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>" +
    "</Contents><CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes></ListBucketResult>",
  "amazon list v1": `${HEAD}<ListBucketResult ${SPACE}>\n  <Name>bucket</Name>\n  <Prefix/>\n  <Marker/>\n  <MaxKeys>1000</MaxKeys>\n` +
    "  <IsTruncated>false</IsTruncated>\n  <Contents>\n    <Key>my-image.jpg</Key>\n    <LastModified>2009-10-12T17:50:30.000Z</LastModified>\n" +
    '    <ETag>"fba9dede5f27731c9771645a39863328"</ETag>\n    <Size>434234</Size>\n    <StorageClass>STANDARD</StorageClass>\n' +
    "    <Owner>\n      <ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID>\n    </Owner>\n  </Contents>\n</ListBucketResult>",
  "amazon uploads":
    `${HEAD}<ListMultipartUploadsResult ${SPACE}><Bucket>bucket</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>` +
    "<NextKeyMarker>my-movie.m2ts</NextKeyMarker><NextUploadIdMarker>YW55IGlkZWEgd2h5IGVsdmluZydzIHVwbG9hZCBmYWlsZWQ</NextUploadIdMarker>" +
    "<MaxUploads>3</MaxUploads><IsTruncated>true</IsTruncated><Upload><Key>my-divisor</Key><UploadId>XMgbGlrZSBlbHZpbmc</UploadId>" +
    "<Initiator><ID>arn:aws:iam::111122223333:user/user1</ID></Initiator><Owner><ID>75aa57f0</ID></Owner><StorageClass>STANDARD</StorageClass>" +
    "<Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload></ListMultipartUploadsResult>",
  "amazon parts":
    `${HEAD}<ListPartsResult ${SPACE}><Bucket>b</Bucket><Key>k</Key><UploadId>XXBsb2FkIElE</UploadId><Initiator><ID>a</ID></Initiator>` +
    "<PartNumberMarker>1</PartNumberMarker><NextPartNumberMarker>3</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>" +
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Part><PartNumber>2</PartNumber>" +
    '<LastModified>2010-11-10T20:48:34.000Z</LastModified><ETag>"7778aef83f66abc1fa1e8477f296d394"</ETag><Size>10485760</Size>' +
    "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></Part></ListPartsResult>",
  "amazon create":
    `${HEAD}<InitiateMultipartUploadResult ${SPACE}><Bucket>b</Bucket><Key>k</Key><UploadId>VXBsb2Fk</UploadId></InitiateMultipartUploadResult>`,
  "amazon complete":
    `${HEAD}   \n  \n<CompleteMultipartUploadResult ${SPACE}><Location>http://b.s3.amazonaws.com/k</Location><Bucket>b</Bucket><Key>k</Key>` +
    '<ETag>"3858f62230ac3c915f300c664312c11f-9"</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>' +
    "</CompleteMultipartUploadResult>",
  "amazon copied": `${HEAD}<CopyObjectResult ${SPACE}><LastModified>2009-10-28T22:32:00</LastModified>` +
    '<ETag>"9b2cf535f27731c974343645a3985328"</ETag></CopyObjectResult>',
  "amazon tags":
    `${HEAD}<Tagging ${SPACE}><TagSet><Tag><Key>tag1</Key><Value>val1</Value></Tag><Tag><Key>t&amp;2</Key><Value/></Tag></TagSet></Tagging>`,
  "amazon deleted":
    `${HEAD}<DeleteResult ${SPACE}><Deleted><Key>sample1.txt</Key></Deleted><Error><Key>sample2.txt</Key><Code>AccessDenied</Code>` +
    "<Message>Access Denied</Message></Error></DeleteResult>",
};
