/*
 * Types that the triggers of all platforms share.
 */

/** Secrets by name. Declare your own names by merging into this interface. */
export interface Secrets {
  [name: string]: string;
}

/** Settings by name. */
export interface Configuration {
  [name: string]: string;
}

/**
 * A moment as an ISO 8601 text, such as `2026-03-01T09:30:00.000Z`.
 * @format date-time
 */
export type Timestamp = string;

/** What the cache keeps. */
export interface CacheRecord {
  value: string;
  /** When the entry ends, in milliseconds since 1970. */
  expires_at: number;
}

export type CacheError =
  | "MaxSideEffectsExceeded"
  | "CacheKeySizeExceeded"
  | "CacheValueSizeExceeded"
  | "CacheSizeExceeded"
  | "ItemAlreadyExpired"
  | "InvalidExpiry"
  | "FailedToSetCacheRecord"
  | "FailedToDeleteCacheRecord"
  | "CacheKeyDoesNotExist";

export type CacheSetResult = { type: "success"; record: CacheRecord } | { type: "error"; code: CacheError };

export type CacheDeleteResult = { type: "success" } | { type: "error"; code: CacheError };

/**
 * The name of a cache entry.
 * @maxBytes 64
 */
export type CacheKey = string;

/**
 * A cached text.
 * @maxBytes 4096
 */
export type CacheValue = string;

export interface CacheAPI {
  /**
   * Returns the entry, or `undefined` when there is none or it has expired.
   *
   * @param key - The name of the entry.
   * @host cache.get
   * @unchecked
   */
  get(key: CacheKey): CacheRecord | undefined;
  /**
   * Keeps a text for later executions of this trigger. Never throws: look at the result. An entry
   * lives 15 minutes unless you say otherwise, and never longer than 24 hours.
   *
   * @param key - The name of the entry.
   * @param value - The text.
   * @param options - `ttl` in milliseconds, or `expires_at` in milliseconds since 1970; the earlier one wins.
   * @host cache.set
   * @unchecked
   */
  set(key: CacheKey, value: CacheValue, options?: { ttl?: number; expires_at?: number }): CacheSetResult;
  /**
   * Forgets the entry. Never throws: look at the result.
   *
   * @param key - The name of the entry.
   * @host cache.delete
   * @unchecked
   */
  delete(key: CacheKey): CacheDeleteResult;
}
