import Detection
import Kernels
import Operators
import Tensors

extension PrecisionReport {
  /// - Parameters:
  ///   - results: what the graphs gave, and `exact` the same in float64.
  ///   - image: the image's place in the batch.
  ///   - found: what comparing the cells found.
  init(
    _ pair: PreparedPair, _ results: Pair<[String: Tensor]>, exact: Pair<[String: Tensor]>,
    image: Int, found: CellsReport?, team: ThreadTeam
  ) throws(DetectionError) {
    self.init()
    let sides = Pair(original: Side.original, patched: .patched)
    outputs = sides.with(results.with(exact)).both.flatMap { side, tensors in
      OutputNoise.all(of: tensors.0, from: tensors.1, side, team)
    }
    guard case .cells(let geometries) = pair.basis else { return }
    func values(_ tensors: Pair<[String: Tensor]>, inFloat64: Bool) throws(DetectionError)
      -> Pair<CellValues>
    {
      try pair.endings.with(geometries).with(tensors).map { (side) throws(DetectionError) in
        let ((ending, geometry), tensors) = side
        return try ending.cells(
          in: tensors, image: image, geometry: geometry, keepingFloat64: inFloat64
        ).values
      }
    }
    let (rounded, exact) = (
      try values(results, inFloat64: false), try values(exact, inFloat64: true)
    )
    guard let found, exact.original.corners.count == exact.patched.corners.count else { return }
    cells = CellPrecision(rounded, exact: exact, found)
  }
}

extension PrecisionReport.OutputNoise {
  /// The errors of all floating-point tensors that both runs gave, by name.
  static func all(
    of tensors: [String: Tensor], from reference: [String: Tensor], _ side: PrecisionReport.Side,
    _ team: ThreadTeam
  ) -> [PrecisionReport.OutputNoise] {
    tensors.sorted { $0.key < $1.key }.compactMap { name, tensor in
      guard let exact = reference[name], exact.shape == tensor.shape,
        exact.elementType.isFloatingPoint, tensor.elementType.isFloatingPoint
      else { return nil }
      let figures = ErrorFigures(of: tensor, from: exact, team: team)
      return PrecisionReport.OutputNoise(
        graph: side, name: name, maxError: Figure(figures.maxError),
        rmsError: Figure(figures.rmsError))
    }
  }
}

extension PrecisionReport.CellPrecision {
  fileprivate init(_ rounded: Pair<CellValues>, exact: Pair<CellValues>, _ found: CellsReport) {
    let own = rounded.with(exact).map { CellErrors(of: $0, from: $1) }
    let toTruth = CellErrors(of: rounded.patched, from: exact.original)
    original = PrecisionReport.Errors(own.original)
    patched = PrecisionReport.Errors(own.patched)
    exactDifference = PrecisionReport.Errors(CellErrors(of: exact.patched, from: exact.original))
    noiseFloor = original
    noiseFloor.keepLarger(patched)
    let distances = [own.original, toTruth].map { ($0.rmsBoxErrorPx, $0.rmsScoreError) }
    nearer =
      distances[0] == distances[1] ? nil : distances[0] < distances[1] ? .original : .patched
    boxErrorInNoise = found.maxBoxErrorPx.inUnits(of: noiseFloor.maxBoxErrorPx)
    scoreErrorInNoise = found.maxScoreError.inUnits(of: noiseFloor.maxScoreError)
  }
}

extension PrecisionReport.Errors {
  fileprivate mutating func keepLarger(_ other: Self) {
    for path in [
      \Self.maxBoxErrorPx, \.rmsBoxErrorPx, \.maxScoreError, \.rmsScoreError,
    ] {
      self[keyPath: path] = Figure(max(self[keyPath: path].value, other[keyPath: path].value))
    }
  }
}

extension Figure {
  fileprivate func inUnits(of unit: Figure) -> Figure {
    value == 0 ? self : Figure(value / unit.value)
  }
}
