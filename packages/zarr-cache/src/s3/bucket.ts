import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { DamagedBytesError } from "../errors.ts";
import type { SourceReadOptions } from "../store/source-answer.ts";
import { BucketError, isNoSuchKey, statusOf } from "./bucket-error.ts";
import { BucketRequests } from "./bucket-requests.ts";
import { GatheredDeletes } from "./gathered-deletes.ts";
import { dropBody, type ObjectBody, WrongAnswerError, WrongLengthError } from "./object-body.ts";
import { headOf, type ObjectHead, refusalOf } from "./object-head.ts";
import type { Urgency } from "./request-turns.ts";
import type { OpenClient } from "./s3-client.ts";
import type { S3Settings } from "./s3-options.ts";

/** What an object answers: what it is, and its bytes or some of them. */
export interface ObjectAnswer {
  /** 206 for a range. */
  readonly status: number | undefined;
  /** Bytes of the body that were announced. */
  readonly length: number | undefined;
  /** `"bytes 4-9/10"`, of a range. */
  readonly contentRange: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly body: ObjectBody | undefined;
}

/** Bytes of an object: `offset` and `length`. */
export interface ObjectRange {
  readonly offset: number;
  readonly length: number;
}

/** What is asked of an object, as headers of HTTP. */
export interface ObjectConditions {
  /** `"bytes=4-9"`. */
  readonly range?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

/** What is listed, and for whom. */
export interface ListOptions {
  readonly delimiter?: string;
  readonly urgency?: Urgency;
  readonly signal?: AbortSignal | undefined;
}

/** Objects of a list, and the deeper prefixes that a delimiter gathers. */
export interface ObjectPage {
  readonly objects: readonly { readonly key: string; readonly size: number }[];
  readonly prefixes: readonly string[];
}

/** What a cache does with the objects of one bucket. */
export class Bucket {
  readonly name: string;
  readonly #requests: BucketRequests;
  readonly #deletes: GatheredDeletes;

  constructor(name: string, settings: S3Settings) {
    this.name = name;
    this.#requests = new BucketRequests(name, settings);
    this.#deletes = new GatheredDeletes(
      (keys) => this.#deleteBatch(keys),
      settings.timers,
      settings.gatherDeletes,
    );
  }

  /** Throws {@link BucketError} unless the bucket is there and these credentials may use it. */
  async check(): Promise<void> {
    await this.#requests.run("HeadBucket", "demand", ({ client, s3 }, abortSignal) =>
      client.send(new s3.HeadBucketCommand({ Bucket: this.name }), { abortSignal }),
    );
  }

  /** Gets an object, or a range of it, and has its answer read; `undefined` when there is no such object. */
  get<T>(
    key: string,
    range: ObjectRange | undefined,
    read: (answer: ObjectAnswer, signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const wanted = range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
    return this.#requests.run("GetObject", "demand", async ({ client, s3 }, abortSignal) => {
      try {
        const command = new s3.GetObjectCommand({ Bucket: this.name, Key: key, ...wanted });
        const answer = await client.send(command, { abortSignal });
        const body = answer.Body as ObjectBody | undefined;
        try {
          return await read(
            {
              status: answer.$metadata.httpStatusCode,
              length: answer.ContentLength,
              contentRange: answer.ContentRange,
              metadata: answer.Metadata,
              body,
            },
            abortSignal,
          );
        } catch (error) {
          dropBody(body);
          throw error;
        }
      } catch (error) {
        if (isNoSuchKey(error)) return undefined;
        if (error instanceof WrongLengthError)
          throw new DamagedBytesError(`Object "${key}" of bucket "${this.name}"`, error.message, {
            cause: error,
          });
        if (error instanceof WrongAnswerError)
          throw new BucketError(this.name, "GetObject", `object "${key}" ${error.message}`, error);
        throw error;
      }
    });
  }

  /**
   * Gets an object under conditions and has the answer read: one with a body, or a refusal that says something of the
   * object (304, 412, 416, that there is none, and the `refusals` besides). Other failures reject. `begin` is called
   * with each request, and gives what reads its answer.
   */
  ask<T>(
    key: string,
    { range, ifMatch, ifNoneMatch }: ObjectConditions,
    refusals: readonly number[],
    { signal, demanded }: SourceReadOptions,
    begin: () => (head: ObjectHead, body: ObjectBody | undefined, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const input = {
      Bucket: this.name,
      Key: key,
      ...(range !== undefined && { Range: range }),
      ...(ifMatch !== undefined && { IfMatch: ifMatch }),
      ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
    };
    const attempt = async ({ client, s3 }: OpenClient, abortSignal: AbortSignal): Promise<T> => {
      const read = begin();
      let answer: GetObjectCommandOutput;
      try {
        answer = await client.send(new s3.GetObjectCommand(input), { abortSignal });
      } catch (error) {
        const refusal = refusalOf(error, refusals);
        if (refusal === undefined) throw error;
        return read(refusal, undefined, abortSignal);
      }
      const body = answer.Body as ObjectBody | undefined;
      try {
        return await read(headOf(answer), body, abortSignal);
      } catch (error) {
        dropBody(body);
        throw error;
      }
    };
    return this.#requests.run("GetObject", "demand", attempt, signal, demanded);
  }

  /** What an object is, without its bytes; `undefined` when there is no such object. */
  head(key: string, signal?: AbortSignal): Promise<Pick<ObjectAnswer, "length" | "metadata"> | undefined> {
    const attempt = async ({ client, s3 }: OpenClient, abortSignal: AbortSignal) => {
      try {
        const command = new s3.HeadObjectCommand({ Bucket: this.name, Key: key });
        const { ContentLength, Metadata } = await client.send(command, { abortSignal });
        return { length: ContentLength, metadata: Metadata };
      } catch (error) {
        // An answer to HEAD has no body that would tell a missing object from a missing bucket.
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    };
    return this.#requests.run("HeadObject", "demand", attempt, signal);
  }

  /** Writes an object whole. */
  async put(
    key: string,
    body: Uint8Array,
    metadata: Record<string, string>,
    urgency: Urgency = "background",
  ): Promise<void> {
    await this.#requests.run("PutObject", urgency, ({ client, s3 }, abortSignal) =>
      client.send(
        new s3.PutObjectCommand({
          Bucket: this.name,
          Key: key,
          Body: body,
          ContentLength: body.byteLength,
          ContentType: "application/octet-stream",
          Metadata: metadata,
        }),
        { abortSignal },
      ),
    );
  }

  /** Deletes an object, together with others that are deleted at about the same time. */
  delete(key: string): Promise<void> {
    return this.#deletes.delete(key);
  }

  /** Every object whose key begins with a prefix, a thousand at a time; with a delimiter, those of one level. */
  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectPage> {
    const { delimiter, urgency = "background", signal } = options;
    let token: string | undefined;
    do {
      const input = {
        Bucket: this.name,
        Prefix: prefix,
        ...(delimiter !== undefined && { Delimiter: delimiter }),
        ...(token !== undefined && { ContinuationToken: token }),
      };
      const page = await this.#requests.run(
        "ListObjectsV2",
        urgency,
        ({ client, s3 }, abortSignal) => client.send(new s3.ListObjectsV2Command(input), { abortSignal }),
        signal,
      );
      yield {
        objects: (page.Contents ?? []).flatMap(({ Key: key, Size: size = 0 }) =>
          key === undefined ? [] : [{ key, size }],
        ),
        prefixes: (page.CommonPrefixes ?? []).flatMap(({ Prefix: below }) => below ?? []),
      };
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Sends the deletes that wait, and closes the client if it was made here. */
  async close(): Promise<void> {
    this.#deletes.flush();
    await this.#requests.close();
  }

  async #deleteBatch(keys: readonly string[]): Promise<ReadonlyMap<string, Error>> {
    const { Errors = [] } = await this.#requests.run(
      "DeleteObjects",
      "background",
      ({ client, s3 }, abortSignal) =>
        client.send(
          new s3.DeleteObjectsCommand({
            Bucket: this.name,
            Delete: { Quiet: true, Objects: keys.map((Key) => ({ Key })) },
          }),
          { abortSignal },
        ),
    );
    const failed = new Map<string, Error>();
    for (const { Key, Code } of Errors)
      if (Key !== undefined && Code !== "NoSuchKey")
        failed.set(Key, this.#requests.error("DeleteObjects", { Code: Code ?? "Unknown" }));
    return failed;
  }
}
