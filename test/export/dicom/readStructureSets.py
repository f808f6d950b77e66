"""Reads RT Structure Sets with pydicom: what they say, and the pixels whose centres lie in their contours.

Input: [{"file": ..., "images": [files of the referenced series]}]. Where a contour lies in its image comes from that image's own
header (PS3.3 C.7.6.2.1.1); a pixel is inside by the even-odd rule.
"""
import json
import sys

import numpy
import pydicom


def pixels(points, rows, columns):
    """Which pixel centres lie in a polygon given by columns and rows; even-odd."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    inside = numpy.zeros((rows, columns), bool)
    for (x1, y1), (x2, y2) in zip(points, numpy.roll(points, 1, axis=0)):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def read(item):
    ds = pydicom.dcmread(item["file"])
    images = {}
    for file in item["images"]:
        image = pydicom.dcmread(file, stop_before_pixels=True)
        images[image.SOPInstanceUID] = image
    names = {int(roi.ROINumber): roi for roi in ds.StructureSetROISequence}
    rois = []
    for contours in ds.ROIContourSequence:
        roi = names[int(contours.ReferencedROINumber)]
        masks, off_plane, off_pixel = {}, 0.0, 0.0
        for contour in contours.ContourSequence:
            uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            image = images[uid]
            iop = numpy.array(image.ImageOrientationPatient, float)
            normal = numpy.cross(iop[:3], iop[3:])
            lps = numpy.array(contour.ContourData, float).reshape(-1, 3) - numpy.array(image.ImagePositionPatient, float)
            assert len(lps) == int(contour.NumberOfContourPoints)
            off_plane = max(off_plane, float(numpy.abs(lps @ normal).max()))
            spacing = [float(v) for v in image.PixelSpacing]
            points = numpy.stack([lps @ iop[:3] / spacing[1], lps @ iop[3:] / spacing[0]], axis=1)
            inside = pixels(points, image.Rows, image.Columns)
            centres = numpy.argwhere(inside)[:, ::-1]
            distance = numpy.abs(points[:, None] - centres[None]).max(axis=2).min(axis=1)
            off_pixel = max(off_pixel, float(distance.max()))
            masks[uid] = masks.get(uid, False) ^ inside
        places = []
        for uid, mask in masks.items():
            image = images[uid]
            iop = numpy.array(image.ImageOrientationPatient, float)
            spacing = [float(v) for v in image.PixelSpacing]
            rows, columns = numpy.nonzero(mask)
            place = (
                numpy.array(image.ImagePositionPatient, float)
                + numpy.outer(columns * spacing[1], iop[:3])
                + numpy.outer(rows * spacing[0], iop[3:])
            )
            places.extend(numpy.round(place, 4).tolist())
        rois.append(
            {
                "name": roi.ROIName,
                "algorithm": roi.ROIGenerationAlgorithm,
                "types": sorted({c.ContourGeometricType for c in contours.ContourSequence}),
                "colour": [int(v) for v in contours.ROIDisplayColor],
                "slices": len(masks),
                "contours": len(contours.ContourSequence),
                "offPlane": off_plane,
                "offPixel": off_pixel,
                "lps": places,
            }
        )
    referenced = ds.ReferencedFrameOfReferenceSequence[0]
    series = referenced.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    return {
        "texts": {
            name: str(ds.get(name, ""))
            for name in "PatientName PatientID StudyInstanceUID Modality SOPClassUID SeriesDescription ApprovalStatus".split()
        },
        "frameOfReference": referenced.FrameOfReferenceUID,
        "series": series.SeriesInstanceUID,
        "images": len(series.ContourImageSequence),
        "interpreted": [o.RTROIInterpretedType or "" for o in ds.RTROIObservationsSequence],
        "rois": rois,
    }


# All at once: json.dump writes number by number, several times slower.
sys.stdout.write(json.dumps([read(item) for item in json.load(sys.stdin)]))
