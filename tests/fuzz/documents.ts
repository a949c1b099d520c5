/** Valid documents of every kind that is read, for the mutators to work on. Each holds what its grammar allows, secrets included. */
import { CANARY } from "./chance.ts";

/** Job files of sluice. */
export const JOB_FILES = [
  `# all kinds
[defaults]
part_size = 8 MiB
retries = 3
timeout = 30s

[store.minio]
endpoint = http://127.0.0.1:9000
region = us-east-1
access_key_id = AKIA
secret_access_key = ${CANARY}
session_token = ${CANARY}
addressing = path
proxy = http://user:${CANARY}@127.0.0.1:3128

[store.ali]
type = oss
endpoint = https://oss-cn-hangzhou.aliyuncs.com
signature = v1
access_key_id = "LTAI"
secret_access_key = ${CANARY}

[store.disk]
type = local
folder = /data

[job.photos]
source = minio://photos/2024/
destination = disk://photos/
include = *.jpg, *.{png,gif}, a\\,b
exclude = **/tmp/**
exclude_regex = ^x(a|b)+$
filter = +*.jpg, -*
max_age = 7d
min_size = 1 KiB
compare = checksum
delete = yes
max_delete = 10
metadata = copy, a=b
tags = x=1, y=2
grant = READ:someone@example.com
headers = x-amz-meta-a:b
bandwidth = 5 MiB/s
`,
  `[job.a]
source = in/
destination = s3://bucket/out/
gzip = text/html, all
content_type = magic
key_prefix = pre-
limit = 100
depth = 3
names = a, b/c
keep_path = no
storage_class = STANDARD_IA
sse = aws:kms
kms_key_id = key
unfinished = abort
manifest = run.ndjson
log_file = \${HOME}/log
[job.b]
source = s3://bucket/one
destination = oss://other/\$\${x}
`,
];

/** `s3_upload_config.ini` and `s3_download_config.ini`. */
export const OLD_INIS = [
  `[Basic]
JobType = LOCAL_TO_S3
DesProfileName = oregon
DesEndPointURL = AWS
DesBucket = my-bucket
S3Prefix = pre/fix
SrcFileIndex = *

[LOCAL_TO_S3]
SrcDir = /data/%(x)s
x = a%%b
[S3_TO_S3]
SrcProfileName = p
SrcEndPointURL = https://s3.example.com
SrcBucket = from

[Advanced]
ChunkSize = 10
MaxRetry = 20
MaxThread = 5
MaxParallelFile = 5
StorageClass = STANDARD
ifVerifyMD5 = True
DontAskMeToClean = False
LoggingLevel = WARNING
IgnoreSmallFile = 1
`,
  `[Basic]
JobType = ALIOSS_TO_S3
DesProfileName = oregon
DesBucket = my-bucket
S3Prefix =
SrcFileIndex = *
[LOCAL_TO_S3]
SrcDir = x
[S3_TO_S3]
SrcProfileName = p
SrcEndPointURL = AWS
SrcBucket = from
[ALIOSS_TO_S3]
ali_SrcBucket = ali
ali_access_key_id = LTAI
ali_access_key_secret = ${CANARY}
ali_endpoint = oss-cn-beijing.aliyuncs.com
[Advanced]
ChunkSize = 5
MaxRetry = 1
MaxThread = 1
MaxParallelFile = 1
StorageClass = STANDARD
ifVerifyMD5 = False
DontAskMeToClean = True
LoggingLevel = INFO
`,
  `[DEFAULT]
unit = 5
[Basic]
SrcProfileName = p
SrcEndPointURL = AWS
SrcBucket = b
S3Prefix = x
SrcFileIndex = *
DesDir = /data
[Advanced]
ChunkSize = %(unit)s
MaxRetry = 1
MaxThread = 1
MaxParallelFile = 1
ifVerifyMD5Twice = False
DontAskMeToClean = True
LoggingLevel = DEBUG
`,
];

/** `config.py` of multi2s3. */
export const PYTHON_CONFIGS = [
  `# -*- coding: utf-8 -*-
Megabytes = 1024 * 1024
srcdir = r'C:\\data\\in'
srcfileIndex = "*"
chunksize = 10 * Megabytes # bytes
splitdir = "/tmp/split"
s3bucket = "bucket"
s3key = 'pre\\x41\\u00e9'
MaxRetry = 10
MaxThread = 5
IgnoreSmallFile = True
MaunalMerge = 0
`,
];

/** Settings of paras3. */
export const S3CMD_CONFIGS = [
  `[default]
access_key = AKIA
secret_key = ${CANARY}
bucket_location = US
host_base = s3.amazonaws.com
use_https = True
`,
  `access_key: AKIA
secret_key   ${CANARY}
`,
];
