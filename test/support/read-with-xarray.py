"""Reads arrays with xarray, as the requests on standard input say, and writes their values beside an index."""

import json
import sys
import warnings

import numpy as np
import xarray as xr

warnings.simplefilter("ignore")


def selection(wanted):
    return {
        name: slice(value.get("start"), value.get("stop")) if isinstance(value, dict) else value
        for name, value in wanted.items()
    }


def values_of(array):
    values = array.values
    if values.dtype.kind == "M":
        return values.astype("datetime64[ms]").astype("float64")
    if values.dtype == object:
        return np.array([value.isoformat() for value in values.ravel()])
    return np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))


def main():
    requests = json.load(sys.stdin)
    index = []
    for number, request in enumerate(requests):
        options = {key: request[key] for key in ("decode_times", "drop_variables") if key in request}
        opener = xr.open_dataset if request["store"].endswith(".nc") else xr.open_zarr
        if request.get("consolidated") is False:
            options["consolidated"] = False
        dataset = opener(request["store"], **options)
        names = [request["variable"]] if "variable" in request else list(dataset.variables)
        for name in names:
            array = dataset[name]
            if "sel" in request:
                array = array.sel(selection(request["sel"]), method=request.get("method"))
            if "mean" in request:
                array = array.mean(request["mean"])
            values = values_of(array)
            entry = {
                "request": number,
                "name": name,
                "dims": list(array.dims),
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "units": array.attrs.get("units"),
                "attrs": {key: np.asarray(value).tolist() for key, value in array.attrs.items()},
                "labels": {
                    dim: [None if value != value else value for value in values_of(array[dim]).tolist()]
                    for dim in array.dims
                    if dim in array.coords
                },
            }
            if values.dtype.kind == "U":
                entry["text"] = values.tolist()
            else:
                entry["file"] = f"{sys.argv[1]}/{len(index)}.bin"
                values.tofile(entry["file"])
                entry["stored"] = values.dtype.name
            index.append(entry)
    json.dump(index, sys.stdout)


main()
