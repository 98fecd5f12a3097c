"""Which columns are genes: names of metadata that tools write, and symbols that look like words."""

import numpy as np
import pytest

from spectra_dl.expression.readers.csv_cells import fractional_columns
from spectra_dl.expression.readers.gene_names import gene_columns, is_metadata

_METADATA = """
    pxl_row pxl_col row_pixel x_pixel X_pixel pixel_x hires_x lowres_x hires_y coord_x image_x imageX centroid_x x_centroid
    pxl_row_in_fullres tile_id cluster_id label_id section_name tissue_type_code cell_type umi_count gene_count sum_counts num_cells
    n_umi sum_umi cell_count row_num total_counts n_genes_by_counts log10_counts log_total spot_diameter cell_area width height mpp
    level split fold score weight tumor age n size nCount_Spatial nCount_SCT nFeature_RNA nUMI nGene UMAP_1 UMAP1 umap_2 tSNE_2 TSNE_1
    PC1 PC_10 X_umap_1 RNA_snn_res.0.8 is_tumor has_image depth percent_mito percent.mt pct_ribo percent_top_50 S.Score G2M.Score
    doublet_score y_true ambiguous __ambiguous no_feature __no_feature not_aligned __not_aligned too_low_aQual __too_low_aQual
    alignment_not_unique __alignment_not_unique in_tissue on_tissue tissue_mask inTissueMask not_in_tissue tumour_tissue Unnamed:0
"""
METADATA = _METADATA.split()
_HUMAN = """
    SET MARCH1 MARCHF1 SEPT1 SEPTIN1 DEC1 T TBXT AR KIT CAT MAX MIN1 FOS REST TH IMPACT WAS CLOCK ACTB NAT1 MICE1 MT-CO1 MT-ND4L
    MT-ATP6 HLA-DRA HLA-A HLA-DQB1 IGHG1 IGHM IGKC IGLC2 TRAC TRBC1 C3 C1orf112 C9orf72 CXorf21 LOC100130417 LINC00115 NKX2-1
    RP11-34P13.7 AC012345.1 AL627309.1 RPS4X RPS4Y1 DDX3X DDX3Y XIST TSIX UTY USP9Y EIF1AY ZFX ZFY KDM5D AMELX SRY PC PCA3 PCNA LAT
    LAT2 CELL1 AGER AGE1 SPLIT1 SIZN1 GRN PAGE1 XAGE2 AREG AGRN SPOCK1 SPON1 ROW1 COLEC10 COL1A1 COL3A1 COL4A5 IDE IDH1 ID1 ID2 ID3
    ID4 SAMD1 SAMPD1 SAMHD1 FILIP1 LABEL1 REG1A REG3G TYPEL CLUH CLUAP1 CLU BATF BARD1 BARX1 TILE1 SLIT1 SLITRK2 SECTM1 DONSON PATE1
    PATJ IMAGE1 GENE1 HAS1 HAS2 HAS3 ISL1 ISG15 IST1 PCT1 PERP PHASE1 GRADE1 CLASP1 STAG2 STAT1 FOLH1 FOLR1 FOLD1 SCO1 SCOC SCORT1
    WEE1 WIPF1 WT1 TUM1 TUSC3 TSPAN1 NUMB NUMBL TOTAL1 SUMO1 SUMF1 MED1 MEAN1 LOGIC1 UMOD UMPS UMI1 FEAT1 NES N4BP1 NCOA1 NFE2 NFIA
    TNE1 PIGY PIGX XK XG XPA XPC YAP1 YBX1 YES1 YY1 Y_RNA U3 U6 7SK 5S_rRNA Metazoa_SRP snoU13 SNORD3A MIR21 hsa-mir-21 RNU6-1
    VTRNA1-1 TRNAU1AP ENSG00000141510 ENSG00000141510.12 GRCh38_MAX MAX.1 SET.1 AR.1 NKX2.1 HLA.DRA MT.CO1 PC.1 DEPTOR DEPDC1 DEPP1
    CRYZ ZEB1 ZIC1 EBI3 POS1 RES1 MID1 MID2 TOP1 TOP2A LEFTY1 STARD3 ENDOG FULL1 GLOBAL1 PXN PXDN SHANK1 HSPE1-MOB4 INMT IN1 BY55 PER1
    PER2 PER3 READ1 CODE1 NAME1 MPP1 MPP7 SPRR2A-1 HEIGHT1 TRAIN1
"""
HUMAN = _HUMAN.split()
_MOUSE = """
    Nrg1 H2-K1 H2-D1 H2-Ab1 H2.K1 mt-Nd1 mt-Co1 Gm12345 1700020N18Rik 4930444P10Rik C130026I21Rik AC149090.1 Trav1 Ighg1 Igkc Ighv1-4
    Kit Cat Max Fos Rest Th Impact Was Clock Set T Ar C3 Nat1 Ddx3y Kdm5d Eif2s3x Uty Xist Id1 Ide Col1a1 Per1 Top2a Mid1 Has2 Numb
    Nes Pc Lat Ager Mpp1 Areg Siglech Rps4x March1 Marchf1 Sept1 Mir21a Snord3a n-R5s1 Cyp2c29 Rp1 Tmem9 mm10_Max Actb Hbb-bs Hba-a1
    Gt(ROSA)26Sor Tg a Trem2
"""
MOUSE = _MOUSE.split()


@pytest.mark.parametrize("name", METADATA)
def test_names_of_metadata_are_no_genes(name: str) -> None:
    assert is_metadata(name)


def test_real_symbols_are_genes() -> None:
    assert len(HUMAN) + len(MOUSE) > 250
    assert [name for name in (*HUMAN, *MOUSE) if is_metadata(name)] == []
    kept, notes = gene_columns(np.array([*HUMAN, *MOUSE], dtype=object))
    assert (kept.all(), notes) == (True, [])


@pytest.mark.parametrize(
    ("change", "odd"),
    [
        ({(0, 1): 0.5, (1, 1): 0.25, (2, 1): -3.5}, [False, True, False]),
        (
            {(0, 1): 0.5, (1, 1): 0.25, (2, 1): 4.0},
            [False, False, False],
        ),  # one is whole: a gene with wrong values
        ({(row, column): 0.5 for row in range(3) for column in (0, 1)}, [False, False, False]),  # most are
        (
            {(0, 1): 0.5, (1, 1): 0.25, (2, 1): 1.5, (0, 2): 0.5},
            [False, False, False],
        ),  # others are no counts
        ({(0, 1): 0.5, (1, 1): 0.25, (2, 1): np.nan}, [False, False, False]),  # too few numbers
    ],
)
def test_a_column_without_whole_numbers_is_no_gene_among_counts(
    change: dict[tuple[int, int], float], odd: list[bool]
) -> None:
    from scipy.sparse import csr_matrix

    values = np.array([[1.0, 0, 2], [0, 3, 1], [4, 1, 0]])
    for place, value in change.items():
        values[place] = value
    assert fractional_columns(csr_matrix(values)).tolist() == odd
