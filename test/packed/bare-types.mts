// Compiled in a project with zarr-cache and @types/node alone, library checks on: no subpath names a type of a package
// that need not be installed, but `zarr-cache/zarrita`, whose users have zarrita.
import type * as cache from "zarr-cache";
import type * as disk from "zarr-cache/disk";
import type * as http from "zarr-cache/http";
import type * as locations from "zarr-cache/locations";
import type * as memo from "zarr-cache/memo";
import type * as node from "zarr-cache/node";
import type * as redis from "zarr-cache/redis";
import type * as s3 from "zarr-cache/s3";
import type * as testing from "zarr-cache/testing";
import type * as unstorage from "zarr-cache/unstorage";

export type PublicNames =
  | keyof typeof cache
  | keyof typeof disk
  | keyof typeof http
  | keyof typeof locations
  | keyof typeof memo
  | keyof typeof node
  | keyof typeof redis
  | keyof typeof s3
  | keyof typeof testing
  | keyof typeof unstorage;
