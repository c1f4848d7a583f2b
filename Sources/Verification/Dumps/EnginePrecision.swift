import Detection
import Tensors

/// What an engine computes convolutions in.
public enum EnginePrecision: String, Sendable, Codable, CaseIterable {
  /// float32 throughout (trtexec with `--noTF32`).
  case fp32
  /// TensorRT's default for float32 on Ampere and later: products of numbers with 10-bit mantissas.
  case tf32
  /// float16 where TensorRT finds it faster (trtexec with `--fp16`).
  case fp16
}

/// How far what an engine wrote may be from the reference, from the engine's rounding and that of
/// the file's digits.
///
/// With S the larger side of the network's input, E the longest side a box can have, M the larger of
/// S and E/2, u half a unit in the last place of the tail's type, and n the noise of the engine's
/// network on its logits:
///
/// - The tail rounds by 16 u M (see ``Rounding``); u is float32's in a plugin, which computes in
///   float32 whatever its network does, and float16's in a decode that the engine computes itself.
/// - A centre moves by stride/2 · n, a side by at most n times its length.
/// - The plugin's `__powf(x, 2)` is `exp2(2 * log2(x))` of the fast intrinsics. For x in [0.5, 2] that
///   log2 is off by 2^-21.4, which 2 ln 2 carries to 5.0e-7 of the result; exp2 adds two units in the
///   last place, 2.4e-7. Together below 2^-20 of a side. Smaller x have larger relative errors, of
///   sides that are smaller by more.
/// - d significant digits round a number of magnitude up to m by half of 10^(1+⌊log10 m⌋-d).
///
/// **n.** float32: 3e-5, three times what independent runtimes differ by on some sixty convolutions.
/// TF32 and float16 round both factors of every product to 11 bits, off by 2^-11 at most and 0.4 of it
/// in the mean square. A sum of such products, whose errors are independent, is off by 0.6 · 2^-11 of
/// itself; sixty layers in a row make that 4.4 · 2^-11, for logits of up to 10 about 0.02 in the mean
/// square. Measured on YOLOv5n in float16, over the million logits of two photographs: 0.006 in the mean
/// square, 0.06 at most. n is 2^-4, 0.0625.
struct EngineRounding: Sendable {
  let engine: EnginePrecision
  /// `nil` for a file that keeps every bit.
  let significantDigits: Int?
  /// Whether boxes and scores are made by a plugin.
  let isPlugin: Bool
  /// Whether the engine was fed the very heads that the reference was.
  var isFedHeads = false

  /// How far logits may be apart, times their magnitude above 1.
  var noise: Double { isFedHeads ? 0 : engine == .fp32 ? 503 * 0x1p-24 : 0x1p-4 }

  private var tailUnit: Double { engine == .fp16 && !isPlugin ? 0x1p-11 : 0x1p-24 }

  /// Relative to a side of a box.
  private var fastPower: Double { isPlugin ? 0x1p-20 : 0 }

  /// - Parameter input: the shape of the network's input.
  func tolerance(of geometry: DecodeGeometry, input: Shape) -> DetectionTolerance {
    let side = Double(input.dropFirst().max() ?? 0)
    let scales = geometry.scales ?? []
    let anchors = scales.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } }
    let extent = 4 * (anchors.max().map(Double.init) ?? side / 2)
    let stride = scales.flatMap { [$0.strideX, $0.strideY] }.max() ?? 32
    return DetectionTolerance(
      boxPx: Float(
        16 * tailUnit * max(side, extent / 2) + noise * stride / 2
          + digitError(upTo: side + extent / 2)),
      boxRelative: Float(noise + fastPower),
      score: Float(16 * tailUnit + noise / 3 + digitError(upTo: 0.999)))
  }

  /// For an element of a tensor: absolute up to a magnitude of 1, relative above.
  var tensorTolerance: Double {
    16 * (engine == .fp16 ? 0x1p-11 : 0x1p-24) + noise
      + (significantDigits.map { 5 * Self.powerOfTen(-$0) } ?? 0)
  }

  /// What rounding to the file's digits does to a number of at most this magnitude.
  private func digitError(upTo magnitude: Double) -> Double {
    guard let significantDigits else { return 0 }
    var digitsBeforePoint = 0
    while magnitude >= Self.powerOfTen(digitsBeforePoint) { digitsBeforePoint += 1 }
    return 0.5 * Self.powerOfTen(digitsBeforePoint - significantDigits)
  }

  private static func powerOfTen(_ exponent: Int) -> Double {
    let power = (0..<abs(exponent)).reduce(1.0) { value, _ in value * 10 }
    return exponent < 0 ? 1 / power : power
  }
}
