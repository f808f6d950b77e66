"""Reads DICOM-SEG files with pydicom. For each file named on standard input (a JSON list): what it says, and where its set pixels lie.

Positions are computed here from the file alone: Image Position, Image Orientation and Pixel Spacing of PS3.3 C.7.6.2.1.1.
"""
import json
import sys

import numpy
import pydicom


def read(file):
    ds = pydicom.dcmread(file)
    shared = ds.SharedFunctionalGroupsSequence[0]
    iop = numpy.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float)
    spacing = [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]
    pixels = ds.pixel_array.reshape(int(ds.NumberOfFrames), ds.Rows, ds.Columns)
    frames = []
    for n, groups in enumerate(ds.PerFrameFunctionalGroupsSequence):
        position = numpy.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        rows, columns = numpy.nonzero(pixels[n])
        lps = position + numpy.outer(columns * spacing[1], iop[:3]) + numpy.outer(rows * spacing[0], iop[3:])
        frames.append(
            {
                "segment": int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
                "index": [int(v) for v in groups.FrameContentSequence[0].DimensionIndexValues],
                "position": position.tolist(),
                "source": source.ReferencedSOPInstanceUID,
                "sourceFrame": int(source.ReferencedFrameNumber) if "ReferencedFrameNumber" in source else None,
                "lps": numpy.round(lps, 4).tolist(),
            }
        )
    texts = {
        name: str(ds.get(name, ""))
        for name in (
            "PatientName PatientID PatientBirthDate PatientSex PatientAge StudyInstanceUID StudyDate StudyDescription "
            "FrameOfReferenceUID SeriesDescription ContentQualification SegmentationType Modality SOPClassUID SeriesInstanceUID"
        ).split()
    }
    segments = [
        {
            "number": int(s.SegmentNumber),
            "label": s.SegmentLabel,
            "description": s.SegmentDescription,
            "algorithm": s.SegmentAlgorithmType,
            "type": s.SegmentedPropertyTypeCodeSequence[0].CodeValue,
            "category": s.SegmentedPropertyCategoryCodeSequence[0].CodeValue,
            "anatomy": s.AnatomicRegionSequence[0].CodeValue,
            "parameters": s.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters,
        }
        for s in ds.SegmentSequence
    ]
    return {
        "texts": texts,
        "segments": segments,
        "frames": frames,
        "series": ds.ReferencedSeriesSequence[0].SeriesInstanceUID,
        "instances": [i.ReferencedSOPInstanceUID for i in ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence],
        "spacing": spacing,
        "between": float(shared.PixelMeasuresSequence[0].SpacingBetweenSlices),
    }


# All at once: json.dump writes number by number, several times slower.
sys.stdout.write(json.dumps([read(file) for file in json.load(sys.stdin)]))
