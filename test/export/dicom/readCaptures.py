"""Reads RGB Secondary Capture files with pydicom. For each file named on standard input (a JSON list): what it says, and for every
coloured pixel of the image (not of the band of text below its first `rows` rows) its label by colour and its place in the patient.
"""
import json
import sys

import numpy
import pydicom

COLOURS = {(0, 114, 178): 1, (0, 158, 115): 2, (240, 228, 66): 4}


def read(file, image_rows):
    ds = pydicom.dcmread(file)
    iop = numpy.array(ds.ImageOrientationPatient, float)
    spacing = [float(v) for v in ds.PixelSpacing]
    position = numpy.array(ds.ImagePositionPatient, float)
    pixels = ds.pixel_array[:image_rows]
    points = []
    for colour, label in COLOURS.items():
        rows, columns = numpy.nonzero((pixels == colour).all(axis=2))
        lps = position + numpy.outer(columns * spacing[1], iop[:3]) + numpy.outer(rows * spacing[0], iop[3:])
        points += [[label, *numpy.round(p, 4).tolist()] for p in lps]
    grey = pixels[(pixels[..., 0] == pixels[..., 1]) & (pixels[..., 1] == pixels[..., 2])]
    return {
        "name": str(ds.PatientName),
        "description": ds.SeriesDescription,
        "series": ds.SeriesInstanceUID,
        "instance": ds.SOPInstanceUID,
        "number": int(ds.InstanceNumber),
        "sopClass": ds.SOPClassUID,
        "source": ds.SourceImageSequence[0].ReferencedSOPInstanceUID,
        "rows": int(ds.Rows),
        "columns": int(ds.Columns),
        "points": points,
        "brightest": int(grey[:, 0].max()) if len(grey) else 0,
        "lit": int((ds.pixel_array[image_rows:] == 255).all(axis=2).sum()),
    }


request = json.load(sys.stdin)
# All at once: json.dump writes number by number, several times slower.
sys.stdout.write(json.dumps([read(file, request["rows"]) for file in request["files"]]))
