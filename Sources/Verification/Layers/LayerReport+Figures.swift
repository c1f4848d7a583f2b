import Operators
import Tensors

extension LayerReport {
  /// How many noise floors apart two layers are that rounding does not explain.
  ///
  /// A folded batch normalisation rounds each weight once more, by as much for every element that the
  /// weight has a part in; on YOLOv5n and two photographs that makes 0.9 noise floors at most.
  static let noiseFloors = 4.0

  /// - Parameters:
  ///   - names: what each graph calls the tensor.
  ///   - figures: what was measured; the original's noise alone for a tensor both graphs share.
  init(
    _ entry: LayerPairing.Entry, names: Pair<String>, shape: Shape?,
    _ figures: [LayerGraph.Measure: ErrorFigures]
  ) {
    let noises = [figures[.originalNoise], figures[.patchedNoise]].compactMap { $0 }
    let magnitude = figures[.originalNoise]?.maxMagnitude ?? 0
    let noise = noises.map(\.maxError).max() ?? 0
    let (exact, added) = (figures[.exactDifference], figures[.added])
    // What is exact in both graphs may still differ by the last bit of a constant.
    let limit = Self.noiseFloors * max(noise, magnitude * 0x1p-24)
    func isBeyond(_ figures: ErrorFigures?) -> Bool {
      figures.map { $0.nonFinite > 0 || $0.maxError > limit } ?? false
    }
    node = entry.node.title
    original = names.original
    patched = names.patched
    pairedBy = entry.by
    self.shape = shape?.dimensions ?? []
    self.magnitude = Figure(magnitude)
    noiseFloor = Figure(noise)
    noiseRMS = Figure(noises.map(\.rmsError).max() ?? 0)
    difference = Figure(figures[.difference]?.maxError ?? 0)
    exactDifference = Figure(exact?.maxError ?? 0)
    self.added = Figure(added?.maxError ?? 0)
    addedRelative = Figure(added?.relativeRMSError ?? 0)
    isBeyondNoise = isBeyond(exact)
    addsBeyondNoise = isBeyond(added)
  }
}
