/**
 * What `s3copy --help` prints: every option of the older tool with its meaning here.
 */

/** See the file comment. No line is wider than a wide terminal. */
export const S3COPY_HELP = `sluice s3copy [OPTION…] s3://SOURCE[/PATH] [s3://DESTINATION[/PATH]]

Copies objects from bucket to bucket as s3copy did: on the server, without a byte passing here, wherever one set of keys and one endpoint
serve both buckets; through this machine, in memory, where they do not. What is there already and equal is left alone.

Places
  s3://b                           everything in the bucket; s3://b/ and s3://b/* are the same
  s3://b/a/c, s3://b/a/c/          the object a/c and all in the folder a/c; c stays in its name, a/ does not (as with cp -r)
  s3://b/a/c/*                     all in the folder; a/c/ does not stay
  s3://b/a/c*                      all that begins with a/c; c… stays. No other * is special
  a destination without its last slash is a folder all the same; no destination is the root of the source bucket

What is copied
  -f, --file NAME…                 objects of these names, glued to the source's path; at the destination they are called NAME
  -F, --files FILE                 further names, one a line of FILE; blank lines and lines that begin with # do not count
  -p, --prefix PREFIX…             each glued to the source's path, then read as above
  -P, --prefixes FILE              further prefixes, one a line of FILE, likewise
                                   a missing name makes the exit code 1; a prefix without objects does not

Keys
  -c, --config_file FILE           s3cmd file (default ~/.s3cfg): its access_key and secret_key win over -a and -k; other lines do not count
  -a KEY, -k SECRET                access key and secret key; without any, the AWS environment, profiles, SSO and instance roles are asked
  -d, --dest-config FILE           s3cmd file of the keys that look at the destination where the first may not; without it ~/.s3cfg, if -c
                                   names another file. They list and look, nothing else
  --acl-grant PERMISSION:EMAIL     READ, READ_ACP, WRITE_ACP or FULL_CONTROL on each new object, given with the write itself. WRITE means
                                   nothing on an object and is not sent. A refused grant is a failed object
  AWS_ENDPOINT_URL_S3 in the environment is another endpoint than Amazon's.

How
  -n, --dry-run                    prints what would be copied and why, and copies nothing
  -t NUMBER                        copies in progress (default 40; 0 is 1)
  -l LEVEL                         CRITICAL and ERROR (default): failures; WARNING; INFO; DEBUG: every object
  -L FILE                          the log goes to the end of FILE as well
  --retries NUMBER                 further tries (default 3), with growing waits between them
  --part-size BYTES                part size of large objects that were not uploaded in parts (default 64 MiB); others keep theirs
  --large-file BYTES, --reassemble-large-file BYTES
                                   plain objects over the larger of the two (default 5 GiB, at most that) are copied in parts, others in one
                                   request. Objects that were uploaded in parts keep their parts and so their ETag
  --dest-prefix TEXT               glued to the destination's path
  --s3-prefixes                    no slash is put behind the destination's path: foo and a give fooa
  -w, --work-bucket, --work-prefix read and not used: there are no temporary objects
  --clean-mpcopies                 ends all unfinished uploads in the source bucket and copies nothing; with -n it lists them

Of sluice's own
  --print-job                      prints the job file that does the same, without keys, and copies nothing

Exit codes: 0 all well · 1 an object failed or is missing, a value is wrong, or a bucket or keys cannot be used · 2 unknown option
· 3 a bug of sluice · 130 interrupted. A further run goes on where the last one stopped.`;
