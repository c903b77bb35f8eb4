"""Tells as JSON what GDAL reads in a raster, or Python's own csv in a table."""

import csv
import json
import sys


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def raster(path):
    from osgeo import gdal

    gdal.UseExceptions()
    opened = gdal.Open(path)
    reference = opened.GetSpatialRef()
    bands = [opened.GetRasterBand(at + 1) for at in range(opened.RasterCount)]
    return {
        "driver": opened.GetDriver().ShortName,
        "size": [opened.RasterXSize, opened.RasterYSize],
        "geotransform": list(opened.GetGeoTransform()),
        "code": reference.GetAuthorityCode(None) if reference else None,
        "bands": [
            {
                "type": gdal.GetDataTypeName(band.DataType),
                "missing": str(band.GetNoDataValue()),
                "values": [str(value) if value != value else value for value in band.ReadAsArray().ravel().tolist()],
            }
            for band in bands
        ],
    }


path = sys.argv[1]
json.dump(table(path) if path.endswith(".csv") else raster(path), sys.stdout)
