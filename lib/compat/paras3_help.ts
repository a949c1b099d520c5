/**
 * What `paras3 --help` prints: every option and setting of the older tool with its meaning here.
 */

/** See the file comment. No line is wider than a wide terminal. */
export const PARAS3_HELP = `sluice paras3 [OPTION…] SOURCE DESTINATION

Brings a folder to S3 or back. One side is a folder, the other BUCKET:PREFIX. Folders and links become objects in s3sync's format; owner,
group and mode are metadata of every object and come back with it. An object that failed makes the exit code 1, a wrong option 2.

Slashes
  /etc b:pre               the folder itself: pre/etc and pre/etc/…
  /etc/ b:pre/etcbackup    what is in it: pre/etcbackup/…
  b:pre/etc /root          the folder itself: /root/etc/…
  b:pre/etc/ /root/r       what is in it: /root/r/…
                           a slash at the end of a destination does not count, double ones are one; b:pre/etc2 is never touched

Options
  -r, --recursive          with everything below; without it only the folder's own node, or, with a slash behind, the first level
  -n, --dryrun             print the plan, change nothing (also --dry-run)
  -d, -D, --delete         delete at the destination what the source does not have; what --exclude names is left alone
  -5, --no-md5             by size and time; without it by size and MD5, for objects that were uploaded in parts as well
  -X, --exclude=REGEX      skip paths, relative to the given prefix and without a slash in front, in which REGEX is found
  -p, --public-read        canned ACL public-read
  -x, --expires=DATE       Expires header, as it is
  -c, --cache-control=CC   Cache-Control header, as it is
  -m, --make-dirs          taken and not needed: missing local folders are always made
  -s, --ssl                taken and not needed: connections are https, unless AWS_S3_HOST says http://
  -v, --verbose            report each object
  -P, --progress           the same with progress

Settings: in the environment, or NAME = value in the first of ~/.paras3.ini, /etc/paras3.ini, $PARAS3_DIR/paras3.ini; the environment wins
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY   without them the SDK's chain: profiles, SSO, instance roles
  AWS_S3_HOST              HOST, HOST:PORT or http://HOST:PORT; else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or Amazon
  AWS_CALLING_FORMAT       REGULAR (bucket in the path, the default), SUBDOMAIN (in the host name), VANITY (it is the host)
  THREADS                  objects on their way at a time (default 5)
  SSL_CERT_DIR, SSL_CERT_FILE                further certificate authorities; the folder wins. Certificates are verified without them too
  HTTP_PROXY_HOST, HTTP_PROXY_PORT, HTTP_PROXY_USER, HTTP_PROXY_PASSWORD
  S3SYNC_RETRIES           further attempts at each request, 100 at most (it was a budget for the whole run; default here 8)
  S3SYNC_WAITONERROR       seconds to wait before each of them, 30 at most
  S3SYNC_MIME_TYPES_FILE   content types by extension, before the built-in ones
  S3SYNC_NATIVE_CHARSET    not used: file names are UTF-8

Flags of sluice's own
  --set KEY=VALUE          another value for a key of that job file (repeatable)
  --json                   the result as one JSON object a line on stdout
  --print-job              print the job file of sluice's own that does the same, move nothing`;
