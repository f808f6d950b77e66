"""Writes DICOM series for the tests: one JSON specification on standard input, by pydicom and the tools of DCMTK and GDCM.

Each series: folder, names (file name per slice), source (raw int16 file, x fastest), size, affine (16, column-major, voxel to RAS mm),
syntax, tags (keyword: value, in every file), slices (indices to write), enhanced (one multi-frame file), preamble (false: none),
drop (keywords to leave out), colour (a secondary capture in RGB).
"""
import json
import os
import subprocess
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
TOOLS = {
    "implicit": ["dcmconv", "+ti"],
    "explicit": None,
    "bigEndian": ["dcmconv", "+tb"],
    "deflated": ["dcmconv", "+td"],
    "rle": ["dcmcrle"],
    "jpegBaseline": ["dcmcjpeg", "+eb", "+q", "95"],
    "jpegLossless": ["dcmcjpeg", "+el"],
    "jpegLosslessFirstOrder": ["dcmcjpeg", "+e1"],
    "jpegLs": ["dcmcjpls", "+el"],
    "jpegLsFragmented": ["dcmcjpls", "+el", "+fs", "1"],
    "jpeg2000": ["gdcmconv", "--j2k"],
}


def common(spec, uid):
    ds = Dataset()
    meta = FileMetaDataset()
    ds.file_meta = meta
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.is_little_endian, ds.is_implicit_VR = True, False
    ds.SOPClassUID = MR
    ds.SOPInstanceUID = uid
    ds.Modality = "MR"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = "1.2.826.0.1.9.1"
    for keyword, value in spec["tags"].items():
        setattr(ds, keyword, value)
    return ds


def geometry(affine):
    """DICOM's directions (LPS), spacings, and the position of voxel (0, 0, k)."""
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    row, column = to_lps[:3, 0], to_lps[:3, 1]
    spacing = [float(np.linalg.norm(column)), float(np.linalg.norm(row))]
    orientation = [*(row / np.linalg.norm(row)), *(column / np.linalg.norm(column))]
    return orientation, spacing, lambda k: (to_lps @ [0, 0, k, 1])[:3]


def decimals(values):
    return [pydicom.valuerep.format_number_as_ds(float(v)) for v in values]


def pixels(ds, voxels, bits):
    ds.Rows, ds.Columns = voxels.shape[-2:]
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = 0
    ds.PixelData = voxels.astype("<u2" if bits == 16 else "u1").tobytes()
    ds["PixelData"].VR = "OW"


def save(ds, path, spec):
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    for keyword in spec.get("drop", []):
        if keyword in ds:
            delattr(ds, keyword)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if spec.get("preamble", True):
        pydicom.dcmwrite(path, ds, write_like_original=False)
    else:
        del ds.file_meta
        pydicom.dcmwrite(path, ds, write_like_original=True)
    tool = TOOLS[spec.get("syntax", "explicit")]
    if tool:
        made = path + ".made"
        # The tools warn about tags that these tests leave out.
        subprocess.run([*tool, path, made], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        os.replace(made, path)


def write(spec):
    volume = np.fromfile(spec["source"], "<i2").reshape(spec["size"][::-1])
    affine = np.array(spec["affine"]).reshape(4, 4).T
    orientation, spacing, position = geometry(affine)
    bits = 8 if spec.get("syntax") == "jpegBaseline" else 16
    slices = spec.get("slices") or range(len(volume))
    if spec.get("enhanced"):
        return write_enhanced(spec, volume, orientation, spacing, position, list(slices))
    for n, k in enumerate(slices):
        ds = common(spec, f"{spec['tags']['SeriesInstanceUID']}.{k + 1}")
        ds.InstanceNumber = k + 1
        ds.ImagePositionPatient = decimals(position(k))
        ds.ImageOrientationPatient = decimals(orientation)
        ds.PixelSpacing = decimals(spacing)
        if spec.get("colour"):
            ds.SOPClassUID = SECONDARY_CAPTURE
            ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
            pixels(ds, volume[k] % 256, 8)
            ds.PixelData = np.repeat((volume[k] % 256).astype("u1"), 3).tobytes()
        else:
            pixels(ds, volume[k], bits)
        save(ds, os.path.join(spec["folder"], spec["names"][n]), spec)


def item(**values):
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return Sequence([ds])


def write_enhanced(spec, volume, orientation, spacing, position, slices):
    ds = common(spec, f"{spec['tags']['SeriesInstanceUID']}.1")
    ds.SOPClassUID = ENHANCED_MR
    ds.NumberOfFrames = len(slices)
    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=decimals(orientation))
    shared.PixelMeasuresSequence = item(PixelSpacing=decimals(spacing), SliceThickness="5")
    shared.MRTimingAndRelatedParametersSequence = item(RepetitionTime=spec["tags"]["RepetitionTime"])
    shared.MREchoSequence = item(EffectiveEchoTime=float(spec["tags"]["EchoTime"]))
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for n, k in enumerate(slices):
        frame = Dataset()
        frame.PlanePositionSequence = item(ImagePositionPatient=decimals(position(k)))
        frame.FrameContentSequence = item(StackID="1", InStackPositionNumber=n + 1, DimensionIndexValues=[1, n + 1])
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    for keyword in ("EchoTime", "RepetitionTime"):
        delattr(ds, keyword)
    pixels(ds, volume[slices], 16)
    save(ds, os.path.join(spec["folder"], spec["names"][0]), spec)


for series in json.load(sys.stdin):
    write(series)
