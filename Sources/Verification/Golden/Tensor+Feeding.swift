import Detection
import Interpreter
import Tensors

extension Tensor {
  /// A picture that was prepared as float32 `[1,3,H,W]`, as an input takes it.
  ///
  /// - Parameter scale: what samples of 0 to 255 were multiplied by.
  func fed(to input: ImageInput, scale: Double, name: String) throws(Refusal) -> Tensor {
    guard elementType == .float32, shape.rank == 4, shape[0] == 1, shape[1] == 3 else {
      throw Refusal("\(name): an embedded \(elementType) \(shape), expected float32 [1,3,H,W]")
    }
    let values = elements(of: Float.self)
    func sample(_ value: Float) -> UInt8 {
      let sample = (Double(value) / scale).rounded()
      return sample >= 0 && sample <= 255 ? UInt8(sample) : 0
    }
    let picture: Tensor
    switch input.elementType {
    case .float32: picture = layout(values, for: input)
    case .float16: picture = layout(values.map { Half($0) }, for: input)
    case .float64: picture = layout(values.map { Double(sample($0)) * scale }, for: input)
    case .uint8: picture = layout(values.map(sample), for: input)
    default:
      throw Refusal(
        "\(name): the network's input is \(input.elementType), which no picture can be")
    }
    let batch = input.batch ?? 1
    let limit = max(RunLimits().memory / picture.byteCount, 1)
    guard (1...limit).contains(batch) else {
      throw Refusal("\(name): the batch is \(batch) images, expected 1 to \(limit); export another")
    }
    return picture.repeated(batch)
  }

  private func layout<T: Element>(_ planes: [T], for input: ImageInput) -> Tensor {
    let (height, width) = (shape[2], shape[3])
    guard input.layout == .channelsLast else { return Tensor(planes, shape: shape) }
    let pixels = height * width
    return Tensor(
      (0..<pixels).flatMap { pixel in (0..<3).map { planes[$0 * pixels + pixel] } },
      shape: [1, height, width, 3])
  }
}
