/**
 * Failures in the words of Alibaba OSS: code, status, message and, where Alibaba publishes one, the finer code `EC`. From its pages "HTTP
 * status code 400" to "… 416", the error pages named by EC, and the operations' own lists.
 */

/** Code to status, default message and EC. */
const CODES = {
  AccessDenied: [403, "You have no right to access this object because of bucket acl.", "0003-00000001"],
  BucketAlreadyExists: [409, "The requested bucket name is not available. Please select a different name and try again.", ""],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty.", ""],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed size.", ""],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed size.", ""],
  FileAlreadyExists: [409, "The object you specified already exists and can not be overwritten.", ""],
  // Not of Alibaba, whose disks are never full.
  InsufficientStorage: [507, "There is no space left on the disk of the store.", ""],
  InternalError: [500, "We encountered an internal error. Please try again.", ""],
  InvalidAccessKeyId: [403, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000902"],
  InvalidArgument: [400, "Invalid Argument.", ""],
  InvalidBucketName: [400, "The specified bucket is not valid.", ""],
  InvalidDigest: [400, "The Content-MD5 you specified was invalid.", ""],
  InvalidObjectName: [400, "The specified object is not valid.", ""],
  InvalidObjectState: [403, "The operation is not valid for the object's state", ""],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
    "",
  ],
  InvalidPartOrder: [400, "The list of parts was not in ascending order. Parts list must specified in order by part number.", ""],
  InvalidRange: [416, "The requested range cannot be satisfied", ""],
  InvalidSecurityToken: [403, "The security token you provided is invalid.", "0002-00000006"],
  InvalidTargetType: [400, "The target object of the symbolic link is a symbolic link as well.", ""],
  MalformedXML: [400, "The XML you provided was not well-formed or did not validate against our published schema.", ""],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource.", ""],
  MissingArgument: [400, "Missing Some Required Arguments.", ""],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header.", ""],
  NoSuchBucket: [404, "The specified bucket does not exist.", "0015-00000101"],
  NoSuchKey: [404, "The specified key does not exist.", "0026-00000001"],
  NoSuchUpload: [
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    "0042-00000002",
  ],
  NoSuchVersion: [404, "The specified version does not exist.", ""],
  NotImplemented: [501, "A header or operation you provided implies functionality that is not implemented.", ""],
  NotModified: [304, "Not Modified", ""],
  NotSymlink: [400, "The object is not symlink.", "0043-00000101"],
  OperationNotSupported: [400, "The operation is not supported for this resource", ""],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold.", ""],
  RequestTimeTooSkewed: [403, "The difference between the request time and the current time is too large.", "0002-00000504"],
  RestoreAlreadyInProgress: [409, "The restore operation is in progress.", ""],
  SecurityTokenExpired: [403, "The security token you provided has expired.", "0002-00000007"],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    "0002-00000040",
  ],
  SymlinkTargetNotExist: [404, "The symlink target object does not exist", "0026-00000012"],
} as const satisfies Record<string, readonly [number, string, string]>;

/** Codes that this store responds with. */
export type OssCode = keyof typeof CODES;

/** A request that is refused, in the words of OSS. */
export class OssError extends Error {
  override readonly name = "OssError";
  readonly code: OssCode;
  readonly status: number;
  /** The finer code; empty when none is published. */
  readonly ec: string;
  /** Further headers of the response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further elements of the response. */
  readonly details: Readonly<Record<string, string>>;

  constructor(
    code: OssCode,
    message?: string,
    options: { ec?: string; headers?: Record<string, string>; details?: Record<string, string> } = {},
  ) {
    super(message ?? CODES[code][1]);
    this.code = code;
    this.status = CODES[code][0];
    this.ec = options.ec ?? (message === undefined ? CODES[code][2] : "");
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}
