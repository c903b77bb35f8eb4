"""Averages a variable over time with xarray, so many times, and prints the milliseconds of each."""

import json
import sys
import time

import xarray

path, rounds = sys.argv[1], int(sys.argv[2])
variable = xarray.open_zarr(path)["t2m"]
variable.mean("time").compute()
times = []
for _ in range(rounds):
    start = time.perf_counter()
    variable.mean("time").compute()
    times.append(1000 * (time.perf_counter() - start))
print(json.dumps(times))
