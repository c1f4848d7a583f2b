import ONNXGraph
import Tensors
import TestSupport
import Verification

/// A YOLOv5-shaped detector with seeded weights, small enough to run in a test, as the graphs that
/// its exports would be: opset 12, input `images` `[1,3,64,96]`, 378 cells, four classes.
enum TinyDetector {
  static let inputShape: Shape = [1, 3, 64, 96]
  static let classCount = 4
  static let strides = [8, 16, 32]
  static let anchors: [[Float]] = [
    [5, 6, 8, 15, 16, 11], [15, 30, 31, 22, 29, 59], [58, 45, 78, 99, 186, 163],
  ]
  private static var rowSize: Int { 5 + classCount }

  /// The original export: output `output` `[1,378,9]`.
  static func original(namePrefix: String = "") -> Model {
    var network = Network(prefix: namePrefix)
    let rows = network.heads().enumerated().map { scale, head in
      network.decode(head, scale: scale)
    }
    network.builder.add(
      "Concat", namePrefix + "rows", rows, outputs: ["output"], attributes: ["axis": .int(1)])
    return network.model(outputs: ["output"])
  }

  /// The patch that ends in the plugin.
  static func plugin(namePrefix: String = "", threshold: Float = 0.25) -> Model {
    var network = Network(prefix: namePrefix)
    let maps = network.sigmoidMaps()
    let outputs = [
      "DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores",
      "DecodeDetectionClasses",
    ]
    network.builder.add(
      "YoloLayer_TRT", "YoloLayer", maps, outputs: outputs,
      attributes: [
        "max_stride": .int(32), "num_classes": .int(Int64(classCount)),
        "anchors": .floats(anchors.flatMap { $0 }), "prenms_score_threshold": .float(threshold),
      ])
    return network.model(outputs: outputs)
  }

  /// The three maps that the plugin would be appended to.
  static func heads(sigmoid: Bool = true) -> Model {
    var network = Network(prefix: "")
    let outputs = sigmoid ? network.sigmoidMaps() : network.heads()
    return network.model(outputs: outputs)
  }

  private struct Network {
    let prefix: String
    var builder = GraphBuilder()
    private var generator = SeededGenerator(seed: 20)

    init(prefix: String) { self.prefix = prefix }

    func model(outputs: [String]) -> Model {
      let dimensions = inputShape.map { Dimension.fixed($0) }
      return Model(
        opsets: ["": 12],
        metadata: ["stride": "32", "names": "['cat', 'dog', 'cow', 'hen']"],
        graph: builder.graph(
          inputs: [ValueInfo(name: "images", elementType: .float32, dimensions: dimensions)],
          outputs: outputs))
    }

    /// The last convolutions, finest first: `[1,27,8,12]`, `[1,27,4,6]`, `[1,27,2,3]`.
    mutating func heads() -> [String] {
      let p1 = block("stem", "images", channels: 3, to: 8, stride: 2)
      let p2 = block("down2", p1, channels: 8, to: 12, stride: 2)
      let c3 = block("down3", p2, channels: 12, to: 16, stride: 2)
      let c4 = block("down4", c3, channels: 16, to: 16, stride: 2)
      let c5 = block("down5", c4, channels: 16, to: 16, stride: 2)
      let pooled = builder.add(
        "MaxPool", name("pool"), [c5],
        attributes: [
          "kernel_shape": .ints([5, 5]), "pads": .ints([2, 2, 2, 2]), "strides": .ints([1, 1]),
        ])
      let p5 = builder.add("Add", name("sum"), [c5, pooled])
      let scales = builder.constant(name("up.scales"), Tensor([1, 1, 2, 2] as [Float]))
      let up = builder.add(
        "Resize", name("up"), [p5, "", scales],
        attributes: [
          "mode": .string("nearest"), "nearest_mode": .string("floor"),
          "coordinate_transformation_mode": .string("asymmetric"),
        ])
      let joined = builder.add(
        "Concat", name("join"), [up, c4], attributes: ["axis": .int(1)])
      let p4 = block("mix", joined, channels: 32, to: 16, stride: 1)
      return zip([c3, p4, p5], 0...).map { input, scale in head(input, scale: scale) }
    }

    mutating func sigmoidMaps() -> [String] {
      heads().enumerated().map { scale, head in
        builder.add("Sigmoid", name("map\(scale)"), [head], outputs: ["p\(scale + 3)"])
      }
    }

    /// `[1,27,H,W]` to `[1,3*H*W,9]`.
    mutating func decode(_ head: String, scale: Int) -> String {
      let stride = strides[scale]
      let height = inputShape[2] / stride
      let width = inputShape[3] / stride
      func step(_ step: String) -> String { name("decode\(scale).\(step)") }
      func integers(_ values: [Int]) -> Tensor { Tensor(values.map { Int64($0) }) }

      let split = builder.add(
        "Reshape", step("split"),
        [
          head,
          builder.constant(step("split.shape"), integers([1, 3, rowSize, height, width])),
        ])
      let cells = builder.add(
        "Transpose", step("cells"), [split], attributes: ["perm": .ints([0, 1, 3, 4, 2])])
      let values = builder.add("Sigmoid", step("values"), [cells])
      let parts = [step("xy"), step("wh"), step("scores")]
      builder.add(
        "Split", step("parts"), [values], outputs: parts,
        attributes: ["axis": .int(4), "split": .ints([2, 2, Int64(rowSize - 4)])])
      let two = builder.constant(step("two"), Tensor(scalar: Float(2)))
      let grid = builder.constant(step("grid"), Self.grid(height: height, width: width))
      let strideValue = builder.constant(step("stride"), Tensor(scalar: Float(stride)))
      let anchorGrid = builder.constant(
        step("anchors"), Self.anchorGrid(anchors[scale], height: height, width: width))

      let xyTwice = builder.add("Mul", step("xy.twice"), [parts[0], two])
      let xyShifted = builder.add("Add", step("xy.shifted"), [xyTwice, grid])
      let xy = builder.add("Mul", step("xy.scaled"), [xyShifted, strideValue])
      let whTwice = builder.add("Mul", step("wh.twice"), [parts[1], two])
      let whSquared = builder.add("Pow", step("wh.squared"), [whTwice, two])
      let wh = builder.add("Mul", step("wh.scaled"), [whSquared, anchorGrid])
      let decoded = builder.add(
        "Concat", step("decoded"), [xy, wh, parts[2]], attributes: ["axis": .int(4)])
      return builder.add(
        "Reshape", step("rows"),
        [
          decoded,
          builder.constant(step("rows.shape"), integers([1, 3 * height * width, rowSize])),
        ])
    }

    private mutating func head(_ input: String, scale: Int) -> String {
      let channels = 3 * rowSize
      // Objectness is biased towards 0, so that some cells are candidates and most are not.
      let bias = (0..<channels).map { channel -> Float in
        let noise = Float.random(in: -0.5...0.5, using: &generator)
        return channel % rowSize == 4 ? noise - 1.5 : noise
      }
      return convolution(
        "head\(scale)", input, channels: 16, to: channels, kernel: 1, stride: 1, bias: bias,
        gain: 4)
    }

    /// Convolution and SiLU.
    private mutating func block(
      _ block: String, _ input: String, channels: Int, to outputs: Int, stride: Int
    ) -> String {
      let bias = generator.tensor([outputs], in: -0.2...0.2).elements(of: Float.self)
      let linear = convolution(
        block, input, channels: channels, to: outputs, kernel: 3, stride: stride, bias: bias,
        gain: 2.5)
      let gate = builder.add("Sigmoid", name("\(block).gate"), [linear])
      return builder.add("Mul", name("\(block).silu"), [linear, gate])
    }

    private mutating func convolution(
      _ layer: String, _ input: String, channels: Int, to outputs: Int, kernel: Int, stride: Int,
      bias: [Float], gain: Float
    ) -> String {
      let bound = gain / Float(channels * kernel * kernel).squareRoot()
      let weight = builder.constant(
        name("\(layer).weight"),
        generator.tensor([outputs, channels, kernel, kernel], in: -bound...bound))
      let biasName = builder.constant(name("\(layer).bias"), Tensor(bias))
      let pad = Int64(kernel / 2)
      return builder.add(
        "Conv", name("\(layer).conv"), [input, weight, biasName],
        attributes: [
          "kernel_shape": .ints([Int64(kernel), Int64(kernel)]),
          "strides": .ints([Int64(stride), Int64(stride)]), "pads": .ints([pad, pad, pad, pad]),
        ])
    }

    private func name(_ name: String) -> String { prefix + name }

    /// Each cell's column and row, less a half: `[1,3,H,W,2]`.
    private static func grid(height: Int, width: Int) -> Tensor {
      let plane = (0..<height).flatMap { row in
        (0..<width).flatMap { column in [Float(column) - 0.5, Float(row) - 0.5] }
      }
      return Tensor(plane + plane + plane, shape: [1, 3, height, width, 2])
    }

    private static func anchorGrid(_ anchors: [Float], height: Int, width: Int) -> Tensor {
      let values = (0..<3).flatMap { anchor in
        (0..<height * width).flatMap { _ in anchors[2 * anchor..<2 * anchor + 2] }
      }
      return Tensor(values, shape: [1, 3, height, width, 2])
    }
  }
}

extension TinyDetector {
  /// A seeded picture, the same every time.
  static func noise(count: Int = 1) -> Tensor {
    var generator = SeededGenerator(seed: 7)
    return generator.tensor([count, 3, inputShape[2], inputShape[3]], in: 0...1)
  }

  /// What comparing the original export with `patched` on a picture says.
  static func compare(
    _ patched: Model, with original: Model = original(), on picture: Tensor = noise(),
    options: ComparisonOptions = ComparisonOptions()
  ) throws -> Report {
    try compareModels(
      Pair(
        original: LoadedModel(path: "original.onnx", model: original),
        patched: LoadedModel(path: "patched.onnx", model: patched)),
      images: [.tensor(picture, name: "noise")], options: options)
  }
}
