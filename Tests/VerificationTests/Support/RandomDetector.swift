import BoxMath
import Detection
import ONNXGraph
import Tensors
import TestSupport

/// A detector of drawn strides, anchors, class count and input size, whose decode is written in one
/// of the ways exporters have.
struct RandomDetector: Sendable {
  /// What may be wrong with a decode.
  enum Fault: Sendable {
    case none, exponentialSize, plainCentre, normalized, classesExchanged, softObjectness
  }

  let strides: [Int]
  let anchors: [[Float]]
  let classCount: Int
  let size: (height: Int, width: Int)
  private let style: Int
  private let fault: Fault
  private var generator: SeededGenerator

  private static let families = [
    [8, 16, 32], [8, 16, 32], [4, 8, 16], [16, 32, 64], [8, 16], [16, 32], [8, 16, 32, 64],
    [6, 12, 24], [10, 20, 40], [5, 10],
  ]

  /// - Parameter family: the strides; drawn when left out.
  init(seed: UInt64, family: [Int]? = nil, fault: Fault = .none) {
    var generator = SeededGenerator(seed: seed)
    let strides = family ?? Self.families.randomElement(using: &generator)!
    let perScale = family == nil ? Int.random(in: 2...4, using: &generator) : 3
    self.strides = strides
    anchors = strides.map { stride in
      (0..<2 * perScale).map { _ in
        // Whole numbers as often as fractions.
        let value = Float.random(in: 0.4...8, using: &generator) * Float(stride)
        return Bool.random(using: &generator) ? value.rounded(.up) : value
      }
    }
    classCount = Int.random(in: 1...12, using: &generator)
    size = (
      strides.last! * Int.random(in: 1...3, using: &generator),
      strides.last! * Int.random(in: 1...3, using: &generator)
    )
    style = Int.random(in: 0..<64, using: &generator)
    self.fault = fault
    self.generator = generator
  }

  private func hasTrait(_ bit: Int) -> Bool { style & (1 << bit) != 0 }
  private var perScale: Int { anchors[0].count / 2 }
  private var rowSize: Int { 5 + classCount }
  private var order: [Int] {
    hasTrait(0) ? Array(strides.indices.reversed()) : Array(strides.indices)
  }

  mutating func model() -> Model {
    var builder = GraphBuilder()
    let rows = order.map { scale in decode(scale, head(scale, &builder), &builder) }
    builder.add("Concat", "rows", rows, outputs: ["output"], attributes: ["axis": .int(1)])
    let dimensions = [1, 3, size.height, size.width].map { Dimension.fixed($0) }
    return Model(
      opsets: ["": 12],
      graph: builder.graph(
        inputs: [ValueInfo(name: "images", elementType: .float32, dimensions: dimensions)],
        outputs: ["output"]))
  }

  /// One convolution of the image to each scale, one to its head.
  private mutating func head(_ scale: Int, _ builder: inout GraphBuilder) -> String {
    let stride = Int64(strides[scale])
    let down = builder.constant(
      "down\(scale).weight",
      generator.tensor([4, 3, strides[scale], strides[scale]], in: -0.1...0.1))
    let features = builder.add(
      "Conv", "down\(scale)", ["images", down],
      attributes: ["kernel_shape": .ints([stride, stride]), "strides": .ints([stride, stride])])
    let weight = builder.constant(
      "head\(scale).weight", generator.tensor([perScale * rowSize, 4, 1, 1], in: -1...1))
    return builder.add("Conv", "head\(scale)", [features, weight])
  }

  private func decode(_ scale: Int, _ head: String, _ builder: inout GraphBuilder) -> String {
    let (height, width) = (size.height / strides[scale], size.width / strides[scale])
    func name(_ step: String) -> String { "decode\(scale).\(step)" }
    func scalar(_ step: String, _ value: Float) -> String {
      builder.constant(name(step), Tensor(scalar: value))
    }
    let split = builder.add(
      "Reshape", name("split"),
      [
        head,
        builder.constant(
          name("shape"), Tensor([1, perScale, rowSize, height, width].map { Int64($0) })),
      ])
    // The sigmoid before or after the axes change places.
    let perm: [String: Attribute] = ["perm": .ints([0, 1, 3, 4, 2])]
    let values =
      hasTrait(1)
      ? builder.add(
        "Transpose", name("cells"), [builder.add("Sigmoid", name("sigmoid"), [split])],
        attributes: perm)
      : builder.add(
        "Sigmoid", name("sigmoid"),
        [builder.add("Transpose", name("cells"), [split], attributes: perm)])
    let raw = builder.add("Transpose", name("raw"), [split], attributes: perm)
    let parts = columns(values, name, &builder)

    let two = scalar("two", 2)
    var grid = grid(height: height, width: width)
    var xy = parts[0]
    if fault == .plainCentre {
      xy = builder.add("Add", name("xy.shifted"), [xy, builder.constant(name("grid"), grid)])
    } else {
      xy = builder.add("Mul", name("xy.twice"), [xy, two])
      if hasTrait(2) {
        xy = builder.add("Sub", name("xy.half"), [xy, scalar("half", 0.5)])
      } else {
        grid = Tensor(grid.elements(of: Float.self).map { $0 - 0.5 }, shape: grid.shape)
      }
      xy = builder.add("Add", name("xy.shifted"), [xy, builder.constant(name("grid"), grid)])
    }
    xy = builder.add("Mul", name("xy"), [xy, scalar("stride", Float(strides[scale]))])

    var wh: String
    if fault == .exponentialSize {
      let logits = columns(raw, { name("raw.\($0)") }, &builder)
      wh = builder.add("Exp", name("wh.exp"), [logits[1]])
    } else {
      wh = builder.add("Mul", name("wh.twice"), [parts[1], two])
      wh =
        hasTrait(3)
        ? builder.add("Mul", name("wh.squared"), [wh, wh])
        : builder.add("Pow", name("wh.squared"), [wh, two])
    }
    let sizes = builder.constant(name("anchors"), anchorGrid(scale, height, width))
    wh = builder.add("Mul", name("wh"), hasTrait(4) ? [sizes, wh] : [wh, sizes])
    if fault == .normalized {
      let whole = builder.constant(
        name("size"), Tensor([1 / Float(size.width), 1 / Float(size.height)]))
      xy = builder.add("Mul", name("xy.normalized"), [xy, whole])
      wh = builder.add("Mul", name("wh.normalized"), [wh, whole])
    }
    let decoded = builder.add(
      "Concat", name("decoded"), [xy, wh, scores(parts[2], name, &builder)],
      attributes: ["axis": .int(4)])
    return builder.add(
      "Reshape", name("rows"),
      [
        decoded,
        builder.constant(
          name("rows.shape"),
          Tensor([1, perScale * height * width, rowSize].map { Int64($0) })),
      ])
  }

  /// Centre, size and the rest of the last axis.
  private func columns(
    _ values: String, _ name: (String) -> String, _ builder: inout GraphBuilder
  ) -> [String] {
    let ends = [0, 2, 4, rowSize]
    let parts = ["xy", "wh", "scores"].map { name("\($0).part") }
    if hasTrait(5) {
      for (index, part) in parts.enumerated() {
        let bounds = [ends[index], ends[index + 1], 4].enumerated().map { place, value in
          builder.constant("\(part).\(place)", Tensor([Int64(value)]))
        }
        builder.add("Slice", part, [values] + bounds)
      }
    } else {
      builder.add(
        "Split", name("parts"), [values], outputs: parts,
        attributes: ["axis": .int(4), "split": .ints([2, 2, Int64(rowSize - 4)])])
    }
    return parts
  }

  private func scores(
    _ part: String, _ name: (String) -> String, _ builder: inout GraphBuilder
  ) -> String {
    switch fault {
    case .classesExchanged:
      let order = [0] + (1...classCount).reversed()
      return builder.add(
        "Gather", name("exchanged"),
        [part, builder.constant(name("order"), Tensor(order.map { Int64($0) }))],
        attributes: ["axis": .int(4)])
    case .softObjectness: return builder.add("Sqrt", name("soft"), [part])
    default: return part
    }
  }

  private func grid(height: Int, width: Int) -> Tensor {
    let values = (0..<height).flatMap { row in
      (0..<width).flatMap { [Float($0), Float(row)] }
    }
    return Tensor(values, shape: [1, 1, height, width, 2])
  }

  private func anchorGrid(_ scale: Int, _ height: Int, _ width: Int) -> Tensor {
    let pairs = (0..<perScale).map { Array(anchors[scale][2 * $0..<2 * $0 + 2]) }
    if hasTrait(2) { return Tensor(anchors[scale], shape: [1, perScale, 1, 1, 2]) }
    return Tensor(
      pairs.flatMap { pair in (0..<height * width).flatMap { _ in pair } },
      shape: [1, perScale, height, width, 2])
  }
}
