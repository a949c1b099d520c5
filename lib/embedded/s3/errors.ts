/**
 * Failures in the words of S3: code, status and message, as "Error responses" of the Amazon S3 API reference lists them. Handlers throw
 * them; the server writes them as XML.
 */

/** Code to status and default message. */
const CODES = {
  AccessControlListNotSupported: [400, "The bucket does not allow ACLs"],
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header that you provided is not valid"],
  AuthorizationQueryParametersError: [400, "The authorization query parameters that you provided are not valid"],
  BadDigest: [400, "The Content-MD5 or checksum value that you specified did not match what the server received"],
  BucketAlreadyOwnedByYou: [409, "Your previous request to create the named bucket succeeded and you already own it"],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed object size"],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed size"],
  IncompleteBody: [400, "You did not provide the number of bytes specified by the Content-Length HTTP header"],
  // Not of Amazon, whose disks are never full; others respond with this status.
  InsufficientStorage: [507, "There is no space left on the disk of the store"],
  InternalError: [500, "We encountered an internal error. Please try again"],
  InvalidAccessKeyId: [403, "The AWS access key ID that you provided does not exist in our records"],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid"],
  InvalidChunkSizeError: [403, "Only the last chunk is allowed to have a size less than 8192 bytes"],
  InvalidDigest: [400, "The Content-MD5 or checksum value that you specified is not valid"],
  InvalidObjectState: [403, "The operation is not valid for the object's storage class"],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found. The part might not have been uploaded, or its entity tag might not match",
  ],
  InvalidPartNumber: [416, "The requested partnumber is not satisfiable"],
  InvalidPartOrder: [400, "The list of parts was not in ascending order. Parts must be ordered by part number"],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidRequest: [400, "Invalid Request"],
  InvalidStorageClass: [400, "The storage class you specified is not valid"],
  InvalidTag: [400, "The tag provided was not a valid tag"],
  InvalidURI: [400, "Could not parse the specified URI"],
  KeyTooLongError: [400, "Your key is too long"],
  MalformedTrailerError: [400, "The request contained trailing data that was not well-formed or did not conform to our published schema"],
  MalformedXML: [400, "The XML you provided was not well-formed or did not validate against our published schema"],
  MaxMessageLengthExceeded: [400, "Your request was too big"],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed metadata size"],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource"],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header"],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist"],
  NoSuchUpload: [
    404,
    "The specified multipart upload does not exist. The upload ID might be invalid, or it might have been aborted or completed",
  ],
  NoSuchVersion: [404, "The version ID specified in the request does not match an existing version"],
  NotImplemented: [501, "A header or operation that you provided implies functionality that is not implemented"],
  NotModified: [304, "Not Modified"],
  PreconditionFailed: [412, "At least one of the preconditions that you specified did not hold"],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large"],
  SignatureDoesNotMatch: [
    403,
    "The request signature that we calculated does not match the signature that you provided. Check your secret key and signing method",
  ],
  XAmzContentSHA256Mismatch: [400, "The provided x-amz-content-sha256 header does not match what was computed"],
} as const satisfies Record<string, readonly [number, string]>;

/** Codes that this store responds with. */
export type S3Code = keyof typeof CODES;

/** A request that is refused, in the words of S3. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly code: S3Code;
  readonly status: number;
  /** Further headers of the response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further elements of the response, such as the header whose condition failed. */
  readonly details: Readonly<Record<string, string>>;

  constructor(code: S3Code, message?: string, options: { headers?: Record<string, string>; details?: Record<string, string> } = {}) {
    super(message ?? CODES[code][1]);
    this.code = code;
    this.status = CODES[code][0];
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}
