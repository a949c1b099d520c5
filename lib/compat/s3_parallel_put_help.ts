/**
 * What `s3-parallel-put --help` prints: every option of the older tool with its meaning here.
 */

/** See the file comment. No line is wider than a wide terminal. */
export const S3_PARALLEL_PUT_HELP = `sluice s3-parallel-put --bucket=BUCKET [--prefix=PREFIX] [OPTION…] SOURCE…

Puts files, archives or buckets into a bucket, many at a time. Keys are PREFIX with the path below SOURCE; a file as SOURCE keeps its path
as typed. Large files travel in parts and go on where an earlier run ended. Any object that failed makes the exit code 1; a missing source
or bucket option is 1 as well, a bad option 2.

Where to
  --bucket=BUCKET        the bucket
  --prefix=PREFIX        in front of every key; slashes at its ends do not count. It survives absolute paths and ..
  --host=HOST            HOST, HOST:PORT or http://HOST:PORT; without it AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or Amazon
  --bucket_region=NAME   region of --host (default us-east-1); Amazon's is found out
  --secure, --insecure   https or http, the last one wins; certificates are always verified

What
  --walk=filesystem      a folder gives its contents, hidden files too; links to files are followed, other links skipped (the default)
  --walk=tar             the regular files in an archive, plain, .gz or .bz2, without unpacking it to disk
  --walk=s3              the objects of the bucket SOURCE under their own keys; bytes stay on the server where it can copy
  --exclude=PATTERN      skip files of this name, or files in folders of this path; * matches a slash too (repeatable)
  --include=PATTERN      keep in spite of --exclude; by itself it changes nothing (repeatable)
  --ignore-files-older-than-days=N
                         skip files modified longer ago (not folders, as before)
  --limit=N              at most N keys over all sources, those that need no put included; 0: no limit
  --resume=LOGFILE       leave alone what a log of the older program, or of this one, or a manifest reports as put (repeatable)

How
  --put=update           what is missing or differs: MD5 against the ETag, of any kind (the default)
  --put=add              what is missing, without looking into files
  --put=stupid           everything, without looking at the bucket
  --put=copy             for --walk=s3: everything; in a dry run nothing
  --content-type=guess   by the name, no header where the name has no type (the default)
  --content-type=magic   by the name, then by the first bytes
  --content-type=TYPE    this type
  --gzip                 compress text types at level 9 and set Content-Encoding; the key stays. Not sent again while nothing changes
  --gzip-type=TYPE       compress these types instead; guess adds the usual ones, all means every file (repeatable)
  --header=NAME:VALUE    a further header; the last of equal names wins (repeatable)
  --grant=ACL            a canned ACL
  --encrypt-key          server-side encryption with AES256
  --processes=N          objects on their way at a time (default 8)

Reporting
  --dry-run              print the plan, write nothing
  --log-filename=FILE    the log goes there as well
  -q, --quiet            less; twice: errors only
  -v, --verbose          more

Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN or AWS_SECURITY_TOKEN), else from profiles, SSO and
instance roles.

Flags of sluice's own
  --set KEY=VALUE        another value for a key of that job file (repeatable)
  --json                 the result as one JSON object a line on stdout
  --print-job            print the job file of sluice's own that does the same, move nothing`;
