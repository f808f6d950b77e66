"""Writes DICOM series with pydicom as described by the JSON on standard input; prints them as DicomSeries."""
import json
import os
import sys

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

MR = "1.2.840.10008.5.1.4.1.1.4"


def write(spec):
    iop = numpy.array(spec["orientation"], float)
    study = spec.get("studyInstanceUid") or generate_uid()
    series, frame_of_reference = generate_uid(), generate_uid()
    os.makedirs(spec["folder"], exist_ok=True)
    frames = []
    for n in range(spec["slices"]):
        position = numpy.array(spec["origin"]) + n * numpy.array(spec["step"])
        ds = FileDataset(None, {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
        ds.file_meta.MediaStorageSOPClassUID = MR
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SpecificCharacterSet = ["", spec["characterSet"]] if "2022" in spec.get("characterSet", "") else spec.get("characterSet", "ISO_IR 100")
        ds.SOPClassUID, ds.SOPInstanceUID = MR, generate_uid()
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.PatientName = spec.get("patientName", "Müller^Jörg")
        ds.PatientID, ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "4711", "19501231", "M", "070Y"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame_of_reference
        ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20200102", "101112", "S1", "A1"
        ds.ReferringPhysicianName, ds.Modality, ds.InstanceNumber = "", "MR", n + 1
        ds.SeriesDescription = spec.get("description", "")
        ds.SeriesNumber, ds.Manufacturer, ds.ImageType = spec.get("seriesNumber", 1), "", ["ORIGINAL", "PRIMARY", "OTHER"]
        ds.StudyDescription = "Sch\u00e4del" if "characterSet" not in spec else "Head"
        ds.ImagePositionPatient = [format(float(v), ".8g") for v in position]
        ds.ImageOrientationPatient = [format(float(v), ".8g") for v in iop]
        ds.PixelSpacing = spec["pixelSpacing"]
        ds.SliceThickness = spec.get("thickness", 1)
        ds.Rows, ds.Columns = spec["rows"], spec["columns"]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
        pixels = numpy.zeros((spec["rows"], spec["columns"]), numpy.uint16)
        if "volume" in spec:
            raw = numpy.fromfile(spec["volume"], numpy.uint16).reshape(spec["slices"], spec["rows"], spec["columns"])
            pixels = raw[n]
        ds.PixelData = pixels.tobytes()
        for keyword, value in spec.get("tags", {}).items():
            setattr(ds, keyword, value)
        file = os.path.join(spec["folder"], "%04d" % n)
        ds.save_as(file, write_like_original=False)
        frames.append(
            {
                "file": file,
                "frame": 0,
                "sopClassUid": MR,
                "sopInstanceUid": ds.SOPInstanceUID,
                "seriesInstanceUid": series,
                "imagePositionPatient": [float(v) for v in ds.ImagePositionPatient],
                "imageOrientationPatient": [float(v) for v in ds.ImageOrientationPatient],
            }
        )
    return {
        "studyInstanceUid": study,
        "seriesInstanceUid": series,
        "frameOfReferenceUid": frame_of_reference,
        "modality": "MR",
        "patient": {"id": "4711", "name": None, "sex": None, "birthDate": None},
        "frames": frames,
        "rows": spec["rows"],
        "columns": spec["columns"],
        "pixelSpacing": spec["pixelSpacing"],
    }


json.dump([write(spec) for spec in json.load(sys.stdin)], sys.stdout)
