"""DICOM files of radiographs, slices and scans: checked before a pixel is decoded, windowed to 8 bits, and nothing that names a person kept."""
