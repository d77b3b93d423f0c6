"""Shared by the scripts of this folder: tiny UNets, the reference attention processor, exporters.

The reference processor is written from the methods' formulas, independently of any graph: it runs in PyTorch, on the unedited module's own weights.
"""
import copy, json, math, os, platform, shutil, struct, tempfile, warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

import diffusers
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention, AttnProcessor, AttnProcessor2_0
from safetensors.torch import save_file

G, C = 3, 2          # guideline tokens, inhibited concepts


# ----------------------------------------------------------------------------------------- models
def build_unet(seed, channels=(32, 64), heads=2, dim=32, linear=False, upcast=False, layers=1,
               groups=8, qk=3.0):
    """A UNet of SD v1's architecture with random weights. `heads` goes into attention_head_dim,
    which SD v1 and v2 configurations use for the number of heads."""
    torch.manual_seed(seed)
    n = len(channels)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=layers,
        block_out_channels=tuple(channels),
        down_block_types=("CrossAttnDownBlock2D",) * (n - 1) + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * (n - 1),
        cross_attention_dim=dim, attention_head_dim=heads, norm_num_groups=groups,
        use_linear_projection=linear, upcast_attention=upcast,
    ).eval()
    g = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, p in unet.named_parameters():
            if name.endswith(("to_q.weight", "to_k.weight")):
                p.mul_(qk)                                  # attention far from uniform
            elif name.endswith(("attn2.to_v.weight", "attn2.to_out.0.weight")):
                p.mul_(2.0)                                 # cross-attention visible in the output
            elif "norm" in name and name.endswith("weight"):
                p.add_(0.2 * torch.randn(p.shape, generator=g))
            elif "norm" in name and name.endswith("bias"):
                p.add_(0.1 * torch.randn(p.shape, generator=g))
            if name.endswith(("attn2.to_out.0.bias",)):
                p.add_(0.1 * torch.randn(p.shape, generator=g))
    return unet


def cross_layers(unet):
    """(name, module, spatial factor) of the cross-attention layers in the order of evaluation."""
    found = {}
    for name, m in unet.named_modules():
        if isinstance(m, Attention) and name.endswith("attn2"):
            found[name] = m
    n = len(unet.config.block_out_channels)
    def key(name):
        kind = {"down_blocks": 0, "mid_block": 1, "up_blocks": 2}[name.split(".")[0]]
        return (kind, [int(x) for x in name.split(".") if x.isdigit()])
    def factor(name):
        part = name.split(".")
        if part[0] == "down_blocks":
            return 2 ** int(part[1])
        if part[0] == "mid_block":
            return 2 ** (n - 1)
        return 2 ** (n - 1 - int(part[1]))
    return [(name, found[name], factor(name)) for name in sorted(found, key=key)]


# -------------------------------------------------------------------------------------- reference
class Record:
    def __init__(self):
        self.token_scale = None             # [B, N]
        self.inhibitor_hidden_states = None # [B, C, N, D]
        self.inhibitor_scale = None         # [B, C, N]
        self.guideline = None               # [G, D]
        self.probabilities, self.scores, self.response = {}, {}, {}


class Reference:
    """Cross-attention of one layer with the additions that the methods ask for."""
    def __init__(self, name, record):
        self.name, self.record = name, record

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None, **kw):
        r, h = self.record, attn.heads
        heads = lambda x: x.unflatten(-1, (h, -1)).transpose(-2, -3)        # [..., n, h*d] -> [..., h, n, d]
        q = heads(attn.to_q(hidden_states))                                 # [B, h, P, d]
        k, v = heads(attn.to_k(encoder_hidden_states)), heads(attn.to_v(encoder_hidden_states))
        scale = 1.0 / math.sqrt(q.shape[-1])
        a = torch.softmax(q @ k.transpose(-1, -2) * scale, -1)              # [B, h, P, N]
        r.probabilities[self.name] = a.mean(1)
        if r.guideline is not None:
            kg = heads(attn.to_k(r.guideline))                              # [h, G, d]
            s = (q @ kg.transpose(-1, -2)) * scale                          # [B, h, P, G]
            r.scores[self.name] = s.mean(1).transpose(1, 2)                 # [B, G, P]
        if r.token_scale is not None:
            a = a * r.token_scale[:, None, None, :]
        o = a @ v
        if r.inhibitor_hidden_states is not None:
            kc = heads(attn.to_k(r.inhibitor_hidden_states))                # [B, C, h, N, d]
            vc = heads(attn.to_v(r.inhibitor_hidden_states))
            ac = torch.softmax(q[:, None] @ kc.transpose(-1, -2) * scale, -1)   # [B, C, h, P, N]
            r.response[self.name] = ac.mean((2, 3))                         # [B, C, N]
            o = o + ((ac * r.inhibitor_scale[:, :, None, None, :]) @ vc).sum(1)
        o = o.transpose(1, 2).flatten(2)
        o = attn.to_out[0](o)
        o = attn.to_out[1](o)
        assert not attn.residual_connection and attn.rescale_output_factor == 1.0
        return o


def with_processors(unet, record):
    unet = copy.deepcopy(unet)
    for name, m, _ in cross_layers(unet):
        m.set_processor(Reference(name, record))
    return unet


@torch.no_grad()
def reference(unet, tokens, seed, timestep, detection, attention, half=False):
    """All reference tensors and metadata. `unet` in float32 (weights rounded to half beforehand
    where the export is half); with `half`, the inputs are rounded to half-representable values."""
    dim = unet.config.cross_attention_dim
    g = torch.Generator().manual_seed(seed)
    def rnd(*s):
        x = torch.randn(*s, generator=g)
        return x.half().float() if half else x
    def uni(*s):
        x = torch.rand(*s, generator=g) * 2
        return x.half().float() if half else x
    t = {}
    t["sample"] = rnd(2, 4, 16, 16)
    t["encoder_hidden_states"] = rnd(2, tokens, dim)
    t["guideline_embeddings"] = rnd(G, dim)
    t["token_scale"] = uni(2, tokens)
    t["inhibitor_hidden_states"] = rnd(2, C, tokens, dim)
    scale = torch.zeros(2, C, tokens)
    scale[1, 0, 1:4] = torch.tensor([-0.75, -0.5, -0.25])
    scale[1, 1, 2:7] = torch.tensor([-1.0, -0.125, 0.0, 0.25, -0.5])
    t["inhibitor_scale"] = scale
    t["sample_wide"] = rnd(1, 4, 16, 24)

    layers = cross_layers(unet)
    names = [n for n, _, _ in layers]
    factors = {n: f for n, _, f in layers}

    def run(sample, ehs, **kw):
        record = Record()
        for key, value in kw.items():
            setattr(record, key, value)
        out = with_processors(unet, record)(sample, torch.tensor(timestep), ehs).sample
        return out, record

    def detect(record, H, W, own=None):
        maps = []
        for n in detection:
            s = record.scores[n].unflatten(-1, (H // factors[n], W // factors[n]))
            if own is not None:
                own["detection_scores/" + n] = s
            maps.append(F.interpolate(s, size=(H, W), mode="bilinear", align_corners=False, antialias=False))
        return torch.stack(maps).mean(0)

    def stack(record):
        return torch.stack([record.response[n] for n in names])

    o = {}
    for tag, rows in (("", slice(None)), ("_wide", slice(1, 2))):
        x = t["sample" + tag]
        H, W = x.shape[-2:]
        e = t["encoder_hidden_states"][rows]
        inh = dict(inhibitor_hidden_states=t["inhibitor_hidden_states"][rows], inhibitor_scale=t["inhibitor_scale"][rows])
        o["out_sample" + tag] = unet(x, torch.tensor(timestep), e).sample
        plain, rec = run(x, e, guideline=t["guideline_embeddings"])
        assert (plain - o["out_sample" + tag]).abs().max() < 1e-4, (plain - o["out_sample" + tag]).abs().max()
        o["detection_scores" + tag] = detect(rec, H, W, o if tag == "" else None)
        if tag == "":
            for n in attention:
                o["attention/" + n] = rec.probabilities[n]
        o["out_sample_token_scale" + tag], _ = run(x, e, token_scale=t["token_scale"][rows])
        o["out_sample_inhibit" + tag], rec = run(x, e, **inh)
        o["inhibitor_response" + tag] = stack(rec)
        zero = dict(inh, inhibitor_scale=torch.zeros_like(inh["inhibitor_scale"]))
        same, rec = run(x, e, **zero)
        assert (same - plain).abs().max() < 1e-5
        if tag == "":
            o["inhibitor_response_neutral"] = stack(rec)
            o["out_sample_all"], rec = run(x, e, token_scale=t["token_scale"][rows], guideline=t["guideline_embeddings"], **inh)
            o["detection_scores_all"] = detect(rec, H, W)
            o["inhibitor_response_all"] = stack(rec)
    t.update(o)
    meta = dict(
        timestep=str(timestep), tokens=str(tokens), text_width=str(dim),
        layers=json.dumps(names), layer_factors=json.dumps([factors[n] for n in names]),
        layer_heads=json.dumps([m.heads for _, m, _ in layers]),
        layer_widths=json.dumps([m.inner_dim for _, m, _ in layers]),
        detection_layers=json.dumps(detection), attention_layers=json.dumps(attention),
        seed=str(seed))
    return {k: v.float().contiguous().clone() for k, v in t.items()}, meta


def effect(t):
    """How strongly each addition shows in the output, relative to the output's deviation."""
    s = t["out_sample"].std()
    rel = lambda a: float((t[a] - t["out_sample"]).abs().max() / s)
    return dict(token_scale=round(rel("out_sample_token_scale"), 4), inhibit=round(rel("out_sample_inhibit"), 4))


# -------------------------------------------------------------------------------------- exporting
class Plain(torch.nn.Module):
    def __init__(self, unet):
        super().__init__()
        self.unet = unet
    def forward(self, sample, timestep, encoder_hidden_states):
        return self.unet(sample, timestep, encoder_hidden_states, return_dict=False)[0]


def timestep_tensor(kind, value, batch=2):
    dtype = {"int64": torch.int64, "float32": torch.float32, "float16": torch.float16}[kind.split("[")[0]]
    if "[" not in kind:
        return torch.tensor(value, dtype=dtype)
    n = 1 if "[1]" in kind else batch
    return torch.full((n,), value, dtype=dtype)


def export_legacy(unet, path, opset, processor, tokens, timestep="int64[1]", output="out_sample", half=False):
    unet = copy.deepcopy(unet)
    unet.set_attn_processor(processor)
    if half:
        unet = unet.half()
    dt = torch.float16 if half else torch.float32
    dim = unet.config.cross_attention_dim
    args = (torch.randn(2, 4, 16, 16).to(dt), timestep_tensor(timestep, 10), torch.randn(2, tokens, dim).to(dt))
    axes = {"sample": {0: "batch", 1: "channels", 2: "height", 3: "width"},
            "encoder_hidden_states": {0: "batch", 1: "sequence"}}
    if "[batch]" in timestep:
        axes["timestep"] = {0: "batch"}
    with torch.no_grad():
        torch.onnx.export(Plain(unet).eval(), args, path, opset_version=opset, dynamo=False,
                          do_constant_folding=True, input_names=["sample", "timestep", "encoder_hidden_states"],
                          output_names=[output], dynamic_axes=axes)


def feeds(session, t, tag="", timestep=None):
    rows = slice(None) if tag == "" else slice(1, 2)
    kinds = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}
    values = dict(sample=t["sample" + tag].numpy(), encoder_hidden_states=t["encoder_hidden_states"][rows].numpy())
    b = values["sample"].shape[0]
    out = {}
    for i in session.get_inputs():
        dt = kinds[i.type]
        if i.name == "timestep":
            shape = () if len(i.shape) == 0 else (1,) if i.shape[0] == 1 else (b,)
            out[i.name] = np.full(shape, timestep, dtype=dt)
        else:
            out[i.name] = values[i.name].astype(dt)
    return out


def ort_run(path, t, tag, timestep, level=None):
    import onnxruntime as ort
    so = ort.SessionOptions()
    so.intra_op_num_threads = 1
    so.inter_op_num_threads = 1
    so.log_severity_level = 3
    if level is not None:
        so.graph_optimization_level = level
    s = ort.InferenceSession(path, so, providers=["CPUExecutionProvider"])
    y = s.run(None, feeds(s, t, tag, timestep))[0]
    return torch.from_numpy(np.asarray(y)).float()


def versions(extra=()):
    import onnx, onnxruntime, onnxscript
    v = dict(python=platform.python_version(), torch=torch.__version__, diffusers=diffusers.__version__,
             onnx=onnx.__version__, onnxruntime=onnxruntime.__version__)
    if "onnxscript" in extra:
        v["onnxscript"] = onnxscript.__version__
    if "onnxconverter-common" in extra:
        import importlib.metadata
        v["onnxconverter-common"] = importlib.metadata.version("onnxconverter-common")
    return v


def inspect_io(path):
    import onnx
    m = onnx.load(path, load_external_data=False)
    def desc(v):
        tt = v.type.tensor_type
        return dict(name=v.name, dtype=onnx.TensorProto.DataType.Name(tt.elem_type).lower(),
                    shape=[d.dim_param if d.dim_param else d.dim_value for d in tt.shape.dim] if tt.HasField("shape") else None)
    return dict(opset={o.domain or "ai.onnx": o.version for o in m.opset_import}, ir_version=m.ir_version,
                producer=(m.producer_name + " " + m.producer_version).strip(),
                inputs=[desc(v) for v in m.graph.input], outputs=[desc(v) for v in m.graph.output],
                nodes=len(m.graph.node))


def write_json(path, obj):
    with open(path, "w") as f:
        json.dump(obj, f, indent=2)
        f.write("\n")


# ------------------------------------------------------------------------------------ graph tidying
def tidy(model):
    """Removes what exporters write about the machine they ran on: documentation strings, stack traces."""
    keep = lambda p: "stack_trace" not in p.key
    def walk(graph):
        graph.ClearField("doc_string")
        for n in graph.node:
            n.ClearField("doc_string")
            props = [p for p in n.metadata_props if keep(p)]
            if len(props) != len(n.metadata_props):
                del n.metadata_props[:]
                n.metadata_props.extend(props)
            for a in n.attribute:
                a.ClearField("doc_string")
                if a.HasField("g"):
                    walk(a.g)
        for v in list(graph.value_info) + list(graph.input) + list(graph.output) + list(graph.initializer):
            v.ClearField("doc_string")
    walk(model.graph)
    model.ClearField("doc_string")
    return model


def trim_metadata(model):
    """Drops the newer exporter's per-node and per-value metadata except the name scopes (size only)."""
    for n in model.graph.node:
        props = [p for p in n.metadata_props if p.key.endswith("name_scopes")]
        del n.metadata_props[:]
        n.metadata_props.extend(props)
    for v in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output) + list(model.graph.initializer):
        del v.metadata_props[:]
    return model


def number_names(model):
    """Gives nodes and values the names that exports of torch 1.12 and before have: MatMul_312, 457."""
    io = {v.name for v in list(model.graph.input) + list(model.graph.output)}
    new, count = {}, 400
    def value(name):
        nonlocal count
        if name == "" or name in io:
            return name
        if name not in new:
            new[name] = str(count)
            count += 1
        return new[name]
    for i in model.graph.initializer:
        if "." not in i.name or "::" in i.name:
            i.name = value(i.name)
        else:
            new[i.name] = i.name.removeprefix("unet.")
            i.name = new[i.name]
    for k, n in enumerate(model.graph.node):
        n.name = f"{n.op_type}_{k}"
        n.input[:] = [value(x) for x in n.input]
        n.output[:] = [value(x) for x in n.output]
    for v in model.graph.value_info:
        v.name = value(v.name)
    return model


def export_dynamo(unet, path, opset, processor, tokens, timestep="int64[1]", output="out_sample", multiple=2):
    from torch.export import Dim
    unet = copy.deepcopy(unet)
    unet.set_attn_processor(processor)
    dim = unet.config.cross_attention_dim
    args = (torch.randn(2, 4, 16, 16), timestep_tensor(timestep, 10), torch.randn(2, tokens, dim))
    batch = Dim("batch")
    shapes = {"sample": {0: batch, 2: multiple * Dim("rows"), 3: multiple * Dim("columns")},
              "timestep": {0: batch} if "[batch]" in timestep else None,
              "encoder_hidden_states": {0: batch, 1: Dim("sequence")}}
    with torch.no_grad():
        torch.onnx.export(Plain(unet).eval(), args, path, dynamo=True, opset_version=opset, dynamic_shapes=shapes,
                          input_names=["sample", "timestep", "encoder_hidden_states"], output_names=[output],
                          external_data=False, verbose=False)


def save_inline(model, path):
    import onnx
    onnx.save(model, path)


def save_external(model, path, location, threshold=1024):
    import onnx
    onnx.save_model(model, path, save_as_external_data=True, all_tensors_to_one_file=True,
                    location=location, size_threshold=threshold, convert_attribute=False)


def fuse(source, path, packed_kv, packed_qkv, cuda_ops=False, fp16=False):
    """onnxruntime.transformers, model type unet."""
    import onnxruntime.transformers.optimizer as opt
    from onnxruntime.transformers.fusion_options import FusionOptions
    import fusion_attention_unet          # put on the path by the optimizer module
    plain = fusion_attention_unet.FusionAttentionUnet.get_num_heads
    if not hasattr(plain, "patched"):      # int() of a one-element array fails with numpy 2.4
        def get_num_heads(self, reshape_q, is_torch2=False):
            if is_torch2:
                parent = self.model.get_parent(reshape_q, 1)
                if parent is not None and parent.op_type == "Concat" and len(parent.input) == 4:
                    n = self.model.get_constant_value(parent.input[2])
                    if n is not None and np.size(n) == 1 and int(np.ravel(n)[0]) > 0:
                        return int(np.ravel(n)[0])
                return 0
            return plain(self, reshape_q, is_torch2)
        get_num_heads.patched = True
        fusion_attention_unet.FusionAttentionUnet.get_num_heads = get_num_heads
    o = FusionOptions("unet")
    o.enable_packed_kv, o.enable_packed_qkv = packed_kv, packed_qkv
    if not cuda_ops:                       # these become operators that only the CUDA provider has
        o.enable_group_norm = False
        o.enable_skip_group_norm = False
        o.enable_nhwc_conv = False
        o.enable_bias_splitgelu = False
        o.enable_bias_add = False
    m = opt.optimize_model(source, model_type="unet", num_heads=0, hidden_size=0, opt_level=0,
                           optimization_options=o, use_gpu=False)
    if fp16:
        m.convert_float_to_float16(keep_io_types=True)
    m.topological_sort()
    m.save_model_to_file(path)
    return {k: v for k, v in m.get_fused_operator_statistics().items() if v}


def half_weights(unet):
    """The same model with weights rounded to half, in float32."""
    return copy.deepcopy(unet).half().float()


def finish(folder, unet, ref, about, runnable=True, half=False, tolerance=None):
    """Reference file, agreement with ONNX Runtime, about.json."""
    import onnx
    path = os.path.join(folder, "unet", "model.onnx")
    t, meta = ref
    save_file(t, os.path.join(folder, "reference.safetensors"), metadata=meta)
    timestep = int(meta["timestep"])
    checker = "passes"
    try:
        onnx.checker.check_model(path)
    except Exception as e:
        checker = str(e).strip().splitlines()[0][:200]
    io = inspect_io(path)
    diff = {}
    if runnable:
        for tag in ("", "_wide"):
            y = ort_run(path, t, tag, timestep)
            diff["out_sample" + tag] = float((y - t["out_sample" + tag]).abs().max())
    layers = json.loads(meta["layers"])
    a = dict(about)
    a.update(opset=io["opset"], ir_version=io["ir_version"], producer=io["producer"],
             inputs=io["inputs"], outputs=io["outputs"], nodes=io["nodes"], onnx_checker=checker,
             text_width=int(meta["text_width"]), tokens=int(meta["tokens"]), timestep=timestep,
             channels=list(unet.config.block_out_channels),
             layers=[dict(name=n, factor=f, heads=h, width=w, head_width=w // h) for n, f, h, w in zip(
                 layers, json.loads(meta["layer_factors"]), json.loads(meta["layer_heads"]), json.loads(meta["layer_widths"]))],
             detection_layers=json.loads(meta["detection_layers"]),
             runnable_on_ort_cpu=runnable, max_abs_diff_ort_vs_torch=diff if runnable else None,
             output_std=float(t["out_sample"].std()), relative_effect=effect(t))
    write_json(os.path.join(folder, "about.json"), a)
    print(os.path.basename(folder), diff or "not run", "std %.3f" % a["output_std"], a["relative_effect"],
          "%.2f MB" % (sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(folder) for f in fs) / 1e6),
          "checker", checker, flush=True)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "unet"))
    return os.path.join(folder, "unet", "model.onnx")
